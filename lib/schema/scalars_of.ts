import { BOOLEAN, type Constraints, NULL, typeOfScalar } from "./constraints.ts";
import type { Numbers } from "./numbers.ts";
import type { Scalar } from "./schema_types.ts";
import type { Strings } from "./strings.ts";

/** The values without parts that are listed and fit the other constraints, too. */
export function scalarsOf(constraints: Constraints, strings: Strings, numbers: Numbers): Scalar[] {
  const { values = [], types, excluded } = constraints;
  return values.filter((value) => {
    if ((types & typeOfScalar(value)) === 0 || !isAllowed(value, excluded)) return false;
    if (typeof value === "number") return numbers.fits(value, constraints);
    return typeof value !== "string" || strings.fits(value, constraints);
  });
}

/** The values, when they are few and all known; undefined otherwise. */
export function finiteScalars(constraints: Constraints, strings: Strings, numbers: Numbers): Scalar[] | undefined {
  const { values, types, excluded } = constraints;
  if (values !== undefined) return scalarsOf(constraints, strings, numbers);
  if ((types & ~(NULL | BOOLEAN)) !== 0) return undefined;
  const all: Scalar[] = [...((types & NULL) === 0 ? [] : [null]), ...((types & BOOLEAN) === 0 ? [] : [true, false])];
  return all.filter((value) => isAllowed(value, excluded));
}

/** Whether it is none of these; -0 is 0. */
export function isAllowed(value: Scalar, excluded: readonly Scalar[]): boolean {
  return !excluded.some((each) => each === value);
}
