import * as z from "zod";
import { type CompileOptions, runC } from "./c_compiler.ts";

const fieldSchema = z.object({
  name: z.string(),
  offset: z.number(),
  size: z.number(),
  /** What the compiler takes the field for. */
  type: z.enum(["bool", "i32", "u32", "i64", "f32", "usize", "other"]),
  /** Its value in the struct of defaults, its bits for a float, 0 or 1 for a pointer that is null or not; absent without defaults. */
  value: z.string().optional(),
});

const structSchema = z.object({ name: z.string(), size: z.number(), fields: z.array(fieldSchema) });

/** How a C compiler lays out a struct, and the defaults that the library itself gives it. */
export type ProbedStruct = z.infer<typeof structSchema>;

/** A struct to ask about. */
export interface ProbeQuestion {
  name: string;
  fields: readonly string[];
  /** The function of the library that returns it with its defaults. */
  defaults?: string;
}

const PRELUDE = `
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "llama.h"

static const char * separator;

static void field(const char * name, size_t offset, size_t size, const char * type, const void * value) {
    printf("%s{\\"name\\":\\"%s\\",\\"offset\\":%zu,\\"size\\":%zu,\\"type\\":\\"%s\\"", separator, name, offset, size, type);
    separator = ",";
    if (value != NULL) {
        uint64_t bits = 0;
        memcpy(&bits, value, size);
        if (strcmp(type, "i32") == 0) printf(",\\"value\\":\\"%d\\"", (int) bits);
        else if (strcmp(type, "other") == 0) printf(",\\"value\\":\\"%d\\"", bits != 0);
        else printf(",\\"value\\":\\"%llu\\"", (unsigned long long) bits);
    }
    printf("}");
}

#define FIELD(S, F) field(#F, offsetof(struct S, F), sizeof(((struct S *) 0)->F), \\
    _Generic(((struct S *) 0)->F, bool: "bool", int: "i32", unsigned int: "u32", int64_t: "i64", float: "f32", size_t: "usize", default: "other"), \\
    values == NULL ? NULL : &values->F)

int main(int argc, char ** argv) {
    void * library = argc < 2 ? NULL : dlopen(argv[1], RTLD_NOW);
    if (library == NULL) { fprintf(stderr, "%s\\n", dlerror()); return 1; }
    printf("[");
`;

/**
 * Compiles a C program against llama.h that tells the layout of structs and, from the library, their defaults. A field that llama.h does not
 * have fails the compilation.
 *
 * @param library The path of libllama.
 */
export async function probeStructs(
  questions: readonly ProbeQuestion[],
  library: string,
  options: CompileOptions,
): Promise<ProbedStruct[]> {
  const blocks = questions.map((question, index) => (index === 0 ? "" : 'printf(",");\n') + toBlock(question));
  const source = `${PRELUDE}${blocks.join("")}    printf("]");\n    return 0;\n}\n`;
  const flags = Deno.build.os === "linux" ? ["-ldl"] : [];
  return z.array(structSchema).parse(JSON.parse(await runC(source, [library], { ...options, flags })));
}

function toBlock({ name, fields, defaults }: ProbeQuestion): string {
  const values = defaults === undefined ? `    struct ${name} * values = NULL;\n` : `
    struct ${name} (*make)(void) = (struct ${name} (*)(void)) dlsym(library, "${defaults}");
    if (make == NULL) { fprintf(stderr, "no ${defaults}\\n"); return 1; }
    struct ${name} made = make();
    struct ${name} * values = &made;
`;
  return `{${values}
    printf("{\\"name\\":\\"${name}\\",\\"size\\":%zu,\\"fields\\":[", sizeof(struct ${name}));
    separator = "";
${fields.map((field) => `    FIELD(${name}, ${field});`).join("\n")}
    printf("]}");
}
`;
}
