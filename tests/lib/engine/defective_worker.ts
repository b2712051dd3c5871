// The engine's worker with defects: after a prompt "break PART" that part of the model throws, once.
import { NativeEngine } from "../../../lib/engine/native_engine.ts";
import "../../../lib/engine/worker.ts";

const broken = new WeakMap<NativeEngine, string>();
const { submit, embed, cancel, step, keepStates } = NativeEngine.prototype;

NativeEngine.prototype.submit = function (request): void {
  const [, part] = /^break (.*)/.exec(String(request.prompt)) ?? [];
  // Where nothing stands around it, before there is an answer.
  if (part === "thread") return void setTimeout(() => breakDown(part));
  if (part !== undefined) broken.set(this, part);
  expectWhole(this, "submit");
  submit.call(this, request);
};

NativeEngine.prototype.embed = function (request): void {
  expectWhole(this, "embed");
  embed.call(this, request);
};

NativeEngine.prototype.cancel = function (id): void {
  expectWhole(this, "cancel");
  cancel.call(this, id);
};

NativeEngine.prototype.step = function (): void {
  expectWhole(this, "step");
  step.call(this);
};

NativeEngine.prototype.keepStates = async function (): Promise<void> {
  expectWhole(this, "unload");
  await keepStates.call(this);
};

function expectWhole(engine: NativeEngine, part: string): void {
  if (broken.get(engine) !== part) return;
  broken.delete(engine);
  breakDown(part);
}

function breakDown(part: string): never {
  throw new TypeError(`${part} is broken`);
}
