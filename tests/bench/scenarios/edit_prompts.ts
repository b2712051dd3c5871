const STACK = `class Stack {
  constructor() {
    this.items = [];
  }

  push(item) {
    this.items.push(item);
    return this.items.length;
  }

  pop() {
    if (this.items.length === 0) {
      throw new Error("The stack is empty");
    }
    return this.items.pop();
  }

  peek() {
    return this.items[this.items.length - 1];
  }

  isEmpty() {
    return this.items.length === 0;
  }

  clear() {
    this.items = [];
  }

  toString() {
    return this.items.join(", ");
  }
}`;

const QUEUE = `class Queue {
  constructor(limit) {
    this.limit = limit;
    this.items = [];
  }

  enqueue(item) {
    if (this.items.length >= this.limit) {
      throw new Error("The queue is full");
    }
    this.items.push(item);
    return this.items.length;
  }

  dequeue() {
    if (this.items.length === 0) {
      throw new Error("The queue is empty");
    }
    return this.items.shift();
  }

  front() {
    return this.items[0];
  }

  back() {
    return this.items[this.items.length - 1];
  }

  isEmpty() {
    return this.items.length === 0;
  }

  isFull() {
    return this.items.length >= this.limit;
  }

  clear() {
    this.items = [];
  }
}`;

/** Tasks that SmolLM2 135M answers, greedily, by copying nearly all of the code (seen with llama-server, variant zen4). */
export const EDITS: Record<string, string> = {
  "edit Stack": `${
    fenced(STACK)
  }\n\nRename the class \`Stack\` to \`Pile\` and write out the whole code again, changing nothing else.`,
  "edit Queue": `${
    fenced(QUEUE)
  }\n\nRename the class \`Queue\` to \`Line\` and write out the whole code again, changing nothing else.`,
};

/** The beginning of a text that a model goes on with by copying: SmolLM2 the first, Gemma 3 270M the second. */
export const COPIES = { SmolLM2: copied(STACK), Gemma: copied(QUEUE) };

function copied(code: string): string {
  return `// Original\n${code}\n\n// Copy\n${code}\n\n// Copy\n`;
}

function fenced(code: string): string {
  return `\`\`\`js\n${code}\n\`\`\``;
}
