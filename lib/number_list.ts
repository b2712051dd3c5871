/** The numbers in one of Linux's lists, such as `4-7,12`. */
export function readNumberList(text: string): Set<number> {
  const numbers = new Set<number>();
  for (const range of text.trim().split(",").filter((part) => part !== "")) {
    const [first = 0, last = first] = range.split("-").map(Number);
    for (let number = first; number <= last; number++) numbers.add(number);
  }
  return numbers;
}
