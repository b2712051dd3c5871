/** A random seed, in [0, 2³²-2]: 2³²-1 is llama.cpp's way to say "random", which could not be told to the client. */
export function drawSeed(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % (2 ** 32 - 1);
}
