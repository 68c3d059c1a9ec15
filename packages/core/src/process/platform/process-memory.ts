/** What one process takes of the machine's memory. In bytes. */
export interface ProcessMemory {
  /**
   * Its proportional share (PSS): a page that n processes use counts one n-th in each, so that shares add up to what is used.
   * The resident set (RSS) where the system does not tell shares.
   */
  bytes: number
  /**
   * Of its share what no file stands behind, in memory or swapped out: heaps, stacks, shared memory. The rest is program text and
   * the like, whose shares rise when another process that used it ends.
   */
  anonymous: number
  /** What `bytes` is. */
  measure: 'pss' | 'rss'
}
