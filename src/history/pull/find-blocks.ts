/** A block as far as a pull needs it: number, Unix seconds, wei. */
export type PulledBlock = { number: number; timestamp: number; baseFeePerGas: number }

export type FindBlocksOptions = {
  /** Ascending, Unix seconds. */
  times: readonly number[]
  /** Its block at or before the first time, and the newest block that may be used. */
  first: PulledBlock
  last: PulledBlock
  getBlock(number: number): Promise<PulledBlock>
  /** Searches that run at once. */
  concurrency: number
  onFound?(count: number): void
}

/**
 * Finds for each time the last block at or before it, by interpolation between blocks that are known already, halving where
 * that does not help. A time after the last block gives the last block.
 */
export async function findBlocks(options: FindBlocksOptions): Promise<PulledBlock[]> {
  const { times, first, last, getBlock, concurrency } = options
  const known = [first, last]
  const found = new Array<PulledBlock>(times.length)

  /** Index of the last known block at or before a time. */
  const place = (time: number): number => {
    let low = 0
    let high = known.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((known[middle] as PulledBlock).timestamp <= time) low = middle
      else high = middle
    }
    return low
  }

  const search = async (time: number): Promise<PulledBlock> => {
    for (let round = 0; ; round += 1) {
      const index = place(time)
      const below = known[index] as PulledBlock
      const above = known[index + 1]
      if (above === undefined || above.number === below.number + 1) return below
      const share = (time - below.timestamp) / (above.timestamp - below.timestamp)
      const width = above.number - below.number
      // Blocks come evenly on most chains; where they do not, every third guess halves what is left.
      const guess = below.number + (round % 3 === 2 ? width >> 1 : Math.floor(share * width))
      const block = await getBlock(Math.min(above.number - 1, Math.max(below.number + 1, guess)))
      const at = known.findIndex(({ number }) => number >= block.number)
      if (known[at]?.number !== block.number) known.splice(at, 0, block)
    }
  }

  await mapConcurrent(halvingOrder(times.length), concurrency, async (index) => {
    found[index] = await search(times[index] as number)
    options.onFound?.(1)
  })
  return found
}

/** 0 to count − 1, coarse first, so that later searches begin between near blocks. */
function halvingOrder(count: number): number[] {
  const order: number[] = []
  let step = 1
  while (step < count) step *= 2
  for (const seen = new Set<number>(); step >= 1; step /= 2) {
    for (let index = 0; index < count; index += step) {
      if (seen.has(index)) continue
      seen.add(index)
      order.push(index)
    }
  }
  return order
}

/** Runs the work over all items, so many at once. The first failure ends it, once what is under way has ended too. */
export async function mapConcurrent<item>(
  items: readonly item[],
  concurrency: number,
  work: (item: item) => Promise<void>,
): Promise<void> {
  let next = 0
  let failure: { error: unknown } | undefined
  const worker = async (): Promise<void> => {
    while (next < items.length && failure === undefined) {
      const item = items[next] as item
      next += 1
      try {
        await work(item)
      } catch (error) {
        failure ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker))
  if (failure !== undefined) throw (failure as { error: unknown }).error
}
