import * as z from "zod";

/** Short ones, so that the smallest model comes to their end. */
const Forecast = z.strictObject({ unit: z.enum(["celsius", "fahrenheit"]), days: z.int().min(1).max(14) });

/** What a call, or an answer, is held to. */
export const FORECAST_SCHEMA = z.toJSONSchema(Forecast);

/**
 * Makes sure that a text is JSON of {@linkcode FORECAST_SCHEMA}.
 *
 * @returns It, without white space.
 * @throws {Error} Where it is not.
 */
export function fitForecast(text: string): string {
  return JSON.stringify(Forecast.parse(JSON.parse(text)));
}
