/** The style of the page, which follows the browser's choice of light or dark. */
export const STYLE = `
:root {
  --text: #1d2430; --soft: #56606f; --paper: #fdfdfb; --raised: #f3f3ee; --line: #d9dad3; --link: #0b5cad;
  --get: #0d6b4f; --post: #7a4300; --delete: #a3232b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e4e6ea; --soft: #a2abb8; --paper: #15181d; --raised: #1e2229; --line: #353b45; --link: #82b7ff;
    --get: #6fd3ae; --post: #f0b56a; --delete: #ff9a9f;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body {
  margin: 0; display: grid; grid-template-columns: 19rem minmax(0, 1fr); color: var(--text); background: var(--paper);
  font: 1rem/1.55 system-ui, sans-serif;
}
code, pre, .method { font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
code { font-size: 0.9em; overflow-wrap: anywhere; }
a { color: var(--link); }
a:focus-visible, pre:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; padding: 0.5rem 1rem; background: var(--paper); }
.skip:focus { left: 0; z-index: 1; }
nav {
  position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.25rem 1rem; border-right: 1px solid var(--line);
  background: var(--raised); font-size: 0.85rem;
}
nav h2 { margin: 1.25rem 0 0.25rem; font-size: 0.9rem; }
nav ul { margin: 0; padding: 0; list-style: none; }
nav li a { display: block; padding: 0.15rem 0; overflow-wrap: anywhere; }
nav a { color: inherit; text-decoration: none; }
nav a:hover { text-decoration: underline; }
main { padding: 1.5rem 2.5rem 6rem; max-width: 62rem; }
h1 { margin-top: 0; line-height: 1.2; }
main h2 { margin: 3.5rem 0 0.5rem; padding-top: 1rem; border-top: 2px solid var(--line); }
main h3 { margin: 0; font-size: 1.1rem; }
h3 a { color: inherit; text-decoration: none; }
h4 { margin: 1.5rem 0 0.5rem; font-size: 0.95rem; }
article { margin: 2.25rem 0; padding-top: 1.25rem; border-top: 1px solid var(--line); }
.summary { margin: 0.25rem 0; font-size: 1.1rem; }
.method { font-weight: 700; font-size: 0.85em; }
.get { color: var(--get); }
.post { color: var(--post); }
.delete { color: var(--delete); }
nav .method { display: inline-block; min-width: 3.2em; font-size: 0.75rem; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 0.9rem; }
th, td { padding: 0.4rem 0.75rem 0.4rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { font-weight: normal; }
tbody th code { white-space: nowrap; }
thead th { color: var(--soft); }
td:nth-child(2) { min-width: 10rem; color: var(--soft); }
td:nth-child(3) { min-width: 16rem; }
em { color: var(--soft); font-size: 0.85em; }
figure { margin: 0.75rem 0; }
figcaption { margin-bottom: 0.25rem; color: var(--soft); font-size: 0.9rem; }
pre { margin: 0; padding: 0.85rem 1rem; overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; background: var(--raised); line-height: 1.45; }
pre code { overflow-wrap: normal; }
.curl code { user-select: all; }
details { margin: 0.6rem 0; }
summary { cursor: pointer; }
details > pre, details > .scroll { margin-top: 0.5rem; }
@media (max-width: 52rem) {
  body { display: block; }
  nav { position: static; height: auto; max-height: 40vh; border-right: 0; border-bottom: 1px solid var(--line); }
  main { padding: 1.25rem 1rem 4rem; }
}
@media print { nav { display: none; } body { display: block; } }
`;
