/** A pattern that is none, or that an automaton can't hold. */
export class UnsupportedPattern extends TypeError {
  override readonly name = "UnsupportedPattern";
  /** Where the part at fault begins, in units of UTF-16 from 0; undefined where that is not known. */
  readonly position: number | undefined;

  /** @param what Ends the sentence, e.g. `has a backreference (\1) at 5, which …`. */
  constructor(source: string, what: string, position?: number) {
    super(`The pattern ${JSON.stringify(source)} ${what}`);
    this.position = position;
  }
}
