import { pullLogsRefused } from '../../errors/history.ts'

export type FetchActivityOptions = {
  fromBlock: number
  toBlock: number
  /** Blocks of one request at first. */
  range: number
  /** Numbers of the blocks in the range that hold an event; rejects where the endpoint refuses. */
  getBlocks(fromBlock: number, toBlock: number): Promise<readonly number[]>
  /** False for failures that a smaller range does not mend: the endpoint is gone, or its limit of requests is used up. */
  isRange(error: unknown): boolean
  /** Named in the error. */
  label: string
  /** What is known of earlier pulls, and where what is learnt is kept. */
  recall?(fromBlock: number): { toBlock: number; blocks: readonly number[] } | undefined
  remember?(fromBlock: number, toBlock: number, blocks: readonly number[]): void
  onProgress?(throughBlock: number): void
}

const largestRange = 1_000_000

/**
 * Finds the blocks in which something happened, in ranges that fit the endpoint: a refused range is halved, an accepted one
 * grows by half. Endpoints limit the blocks of a request, or the events of its answer, and say so in many ways.
 *
 * @throws PULL_LOGS_REFUSED where a single block is refused
 */
export async function fetchActivity(options: FetchActivityOptions): Promise<number[]> {
  const { toBlock, getBlocks } = options
  const active: number[] = []
  let { range } = options
  for (let from = options.fromBlock; from <= toBlock; ) {
    const recalled = options.recall?.(from)
    if (recalled !== undefined) {
      active.push(...recalled.blocks)
      from = recalled.toBlock + 1
      options.onProgress?.(Math.min(recalled.toBlock, toBlock))
      continue
    }
    const to = Math.min(toBlock, from + range - 1)
    try {
      const blocks = [...new Set(await getBlocks(from, to))].sort((a, b) => a - b)
      options.remember?.(from, to, blocks)
      active.push(...blocks)
      from = to + 1
      range = Math.min(largestRange, Math.ceil(range * 1.5))
      options.onProgress?.(to)
    } catch (error) {
      if (!options.isRange(error)) throw error
      if (to === from)
        throw pullLogsRefused(options.label, from, error instanceof Error ? firstLine(error) : 'no reason')
      range = Math.max(1, Math.floor((to - from + 1) / 2))
    }
  }
  return active.filter((block) => block <= toBlock)
}

function firstLine(error: Error): string {
  return error.message.split('\n')[0] ?? 'no reason'
}
