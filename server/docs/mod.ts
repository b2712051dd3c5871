/** The API as a page for people; like the document that it is made from, it is imported when somebody asks for it. */
export { docsPage, docsPolicy } from "./docs_page.ts";
