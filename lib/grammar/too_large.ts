/** An automaton would have more states than are worth it. */
export class TooLarge extends RangeError {
  override readonly name = "TooLarge";
}
