import { z } from 'zod'
import { parseTime } from './parse-time.ts'

const timeForm = 'Unix seconds, a day such as 2023-02-20, or a UTC time such as 2023-02-20T06:00:00Z'

const time = z.union(
  [
    z.number().int('whole Unix seconds').nonnegative().max(99_999_999_999, 'Unix seconds; divide milliseconds by 1000'),
    z
      .string()
      .transform((text) => parseTime(text) ?? Number.NaN)
      .refine((seconds) => Number.isFinite(seconds), timeForm),
  ],
  timeForm,
)

const fileName = z
  .string()
  .min(1)
  .refine(
    (name) => !name.startsWith('/') && !name.split(/[\\/]/).includes('..'),
    'a path inside the folder of the panel',
  )

const venue = z.looseObject({
  id: z.string().regex(/^[^\s,]+$/, 'no spaces and no commas'),
  kind: z.enum(['kinked', 'comet', 'adaptive', 'exogenous']),
  asset: z.string().min(1),
  file: fileName,
  kink: z.number().gt(0).lt(1).nullish(),
  slope2: z.number().min(0).max(10, 'a fraction per year, e.g. 0.6 for 60 %').nullish(),
  reserveFactor: z.number().min(0).lt(1).nullish(),
  cap: z.number().min(0, 'a share of the capital up to 1, or an amount above 1').nullish(),
  depositLimit: z.number().min(0).nullish(),
})

/** Steps times venues that fit into memory: a century of hours over 22 venues. */
const largestPanel = 20_000_000

/**
 * `panel.json`. Times are Unix seconds or UTC texts; keys that it does not name are kept out and reported, so that a panel
 * may carry remarks of its own.
 */
export const panelFile = z
  .looseObject({
    name: z.string().min(1),
    asset: z.string().min(1),
    stepSeconds: z.number().int().min(1).max(31_536_000),
    start: time,
    end: time,
    gas: fileName,
    /** Where the data come from; for people. */
    source: z.unknown().optional(),
    venues: z.array(venue).min(1).max(64),
  })
  .superRefine(({ start, end, stepSeconds, venues }, context) => {
    if (end - start < stepSeconds) {
      context.addIssue({ code: 'custom', path: ['end'], message: 'at least one step after start' })
    }
    const values = ((end - start) / stepSeconds) * venues.length
    if (values > largestPanel) {
      const steps = Math.floor(values / venues.length)
      const message = `${steps} steps of ${venues.length} venues; a panel holds ${largestPanel} together`
      context.addIssue({ code: 'custom', path: ['stepSeconds'], message })
    }
    const seen = new Set<string>()
    for (const [index, { id }] of venues.entries()) {
      if (seen.has(id)) context.addIssue({ code: 'custom', path: ['venues', index, 'id'], message: `${id} twice` })
      seen.add(id)
    }
  })

export type PanelFile = z.infer<typeof panelFile>

/** Paths of the keys that the format does not know. */
export function unknownKeys(file: PanelFile): string[] {
  const beyond = (found: object, schema: { shape: object }, path: string): string[] =>
    Object.keys(found)
      .filter((key) => !Object.hasOwn(schema.shape, key))
      .map((key) => `${path}${key}`)
  return [
    ...beyond(file, panelFile, ''),
    ...file.venues.flatMap((one, index) => beyond(one, venue, `venues[${index}].`)),
  ]
}
