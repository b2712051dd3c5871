import type { Interpreter, parse } from "@huggingface/jinja";
import type { Value } from "./values.ts";

/** A node of a template's syntax tree; what it holds depends on its `type`. */
export type Node = NonNullable<Parameters<Interpreter["evaluate"]>[0]>;
/** The root. */
export type Program = ReturnType<typeof parse>;

/** Node types of the package that are evaluated here, with what they hold. */
interface Nodes {
  Identifier: { value: string };
  BinaryExpression: { operator: { value: string }; left: Node; right: Node };
  FilterExpression: { operand: Node; filter: Node };
  FilterStatement: { filter: Node; body: Node[] };
  Program: { body: Node[] };
  TestExpression: { operand: Node; negate: boolean; test: Node };
  MemberExpression: { object: Node; property: Node; computed: boolean };
  CallExpression: { callee: Node; args: Node[] };
  KeywordArgumentExpression: { key: Node; value: Node };
  ObjectLiteral: { value: Map<Node, Node> };
  SelectExpression: { lhs: Node; test: Node };
  For: { loopvar: Node; iterable: Node; body: Node[]; defaultBlock: Node[] };
  If: { body: Node[]; alternate: Node[] };
  Set: { assignee: Node; value: Node | null; body: Node[] };
  Macro: { body: Node[] };
  CallStatement: { body: Node[] };
  /** Ours: a value that is known already, so that the package goes on with it. */
  Known: { known: Value };
  /** Ours: an expression whose value is written to the output. */
  Output: { expression: Node };
}

/** A node of a type. */
export type NodeOf<Type extends keyof Nodes> = Node & { type: Type } & Nodes[Type];

/** Whether a node is of this type. */
export function isNode<Type extends keyof Nodes>(node: Node, type: Type): node is NodeOf<Type> {
  return node.type === type;
}

/** A node that stands for a value. */
export function known(value: Value): NodeOf<"Known"> {
  return { type: "Known", known: value };
}

/** A node with some of its parts replaced. */
export function changed<N extends Node>(node: N, parts: Partial<N>): N {
  return Object.assign({}, node, parts);
}

/** Marks each expression that stands where its value is written out: the package itself writes values in a way of JavaScript. */
export function markOutputs(program: Program): Program {
  program.body = markedBlock(program.body);
  return program;
}

const STATEMENTS = new Set([
  "Set",
  "If",
  "For",
  "Macro",
  "CallStatement",
  "FilterStatement",
  "Break",
  "Continue",
  "Comment",
]);

function output(expression: Node): NodeOf<"Output"> {
  return { type: "Output", expression };
}

function markedBlock(nodes: Node[]): Node[] {
  return nodes.map((node) => {
    if (!STATEMENTS.has(node.type)) return node.type === "StringLiteral" ? node : output(node);
    if (isNode(node, "If")) node.alternate = markedBlock(node.alternate);
    if (isNode(node, "For")) node.defaultBlock = markedBlock(node.defaultBlock);
    if ("body" in node && Array.isArray(node.body)) node.body = markedBlock(node.body);
    return node;
  });
}
