/** Collects until the heap shrinks no more. Resolves to the bytes in use, buffers outside of the heap among them. */
export async function collectedBytes(): Promise<number> {
  const { gc } = globalThis
  if (gc === undefined) throw new Error('It needs --expose-gc.')
  let size = Infinity
  for (let round = 0; round < 6; round++) {
    // Finalization callbacks run, and weak references are let go, between turns.
    await new Promise(resolve => setImmediate(resolve))
    gc()
    const { heapUsed, external } = process.memoryUsage()
    if (heapUsed + external >= size) break
    size = heapUsed + external
  }
  return size
}
