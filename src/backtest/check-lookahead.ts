import { TillerError } from '../errors/base.ts'
import { isoTime } from '../errors/history.ts'
import type { Panel } from '../history/panel.ts'
import { drawUniform } from '../market/draw.ts'
import type { MoveCosts } from '../market/step.ts'
import { type BaselineName, hindsightNames, makeBaseline } from './baselines/make-baseline.ts'
import { trackCandidates } from './baselines/tuned.ts'
import { copyPanel, endPanel, type GarbleKind, garble, garbleKinds, restore } from './garble.ts'
import { type ReplayPolicy, type ReplayRun, replay } from './replay.ts'
import { type PanelMarket, replayPanel } from './replay-panel.ts'

/** What a policy is made from: the panel that it may look at, and the market that it plays. */
type SubjectParts = { panel: Panel; market: PanelMarket; costs: Readonly<MoveCosts> }

/** A policy under check, made anew for every run. */
export type LookaheadSubject = {
  name: string
  /** Chosen by the whole window: such a policy must fail, and shows that the check can. */
  hindsight: boolean
  make(parts: SubjectParts): ReplayPolicy
}

export type LookaheadOptions = {
  /** It is overwritten while runs last, and restored afterwards. */
  panel: Panel
  subjects: readonly LookaheadSubject[]
  capital: number
  lagSteps: number
  costs: Readonly<MoveCosts>
  /** Most of the capital in one venue, a share. @default 1 */
  cap?: number
  /** First step of the window, and the first after it. */
  from: number
  to: number
  /** How many ends of shorter windows are tried. */
  cuts: number
  seed: bigint
  onProgress?: (policy: string, fraction: number) => void
}

/**
 * How a run was made that should have been the same: once more, with the future taken away at every step, over a window
 * that ends earlier, on a panel that ends there, or with garbage from there on.
 */
type LookaheadCheck = 'again' | `hidden-${'nan' | 'billion'}` | 'window' | 'ended' | `garbage-${GarbleKind}`

/** Where a run first differs from the run over the whole window. */
type LookaheadFault = {
  policy: string
  check: LookaheadCheck
  /** Where the future began that was taken away; absent where it was at every step. */
  cut?: string
  /** Time of the first step that differs, and what of it. */
  time: string
  column: string
  whole: string
  found: string
}

export type LookaheadResult = {
  policy: string
  hindsight: boolean
  runs: number
  moves: number
  fault: LookaheadFault | null
}

export type LookaheadReport = {
  panel: string
  from: string
  to: string
  steps: number
  lagSteps: number
  capital: number
  seed: string
  cuts: readonly string[]
  results: readonly LookaheadResult[]
  /** First fault of a policy that claims to know no future. */
  fault: LookaheadFault | null
  /** Whether at least one policy that does know the future was caught; null where none was asked for. */
  controlFails: boolean | null
}

/**
 * Looks for the future in policies. A run over a window is compared, byte by byte, with runs that must be the same as far
 * as they go: made again, with everything that may not be known yet overwritten at every step, over windows that end
 * earlier, on panels that end there, and with garbage from there on. All runs go through the as-of view of the replay,
 * which throws where a step after its cursor is read.
 *
 * The market itself, which pays and lets in and out, always has the true panel.
 */
export async function checkLookahead(options: LookaheadOptions): Promise<LookaheadReport> {
  const { panel, subjects, lagSteps, capital, from, to } = options
  const truth = copyPanel(panel)
  const time = (step: number): string => isoTime(panel.startSeconds + step * panel.stepSeconds)
  const cuts = drawCuts(options)
  const results: LookaheadResult[] = []
  try {
    for (const subject of subjects) results.push(await checkSubject(subject, { ...options, truth, cuts }))
  } finally {
    restore(panel, truth)
  }
  const controls = results.filter(({ hindsight }) => hindsight)
  return {
    panel: panel.name,
    from: time(from),
    to: time(to),
    steps: to - from,
    lagSteps,
    capital,
    seed: String(options.seed),
    cuts: cuts.map(time),
    results,
    fault: results.find(({ hindsight, fault }) => !hindsight && fault !== null)?.fault ?? null,
    controlFails: controls.length === 0 ? null : controls.some(({ fault }) => fault !== null),
  }
}

/** A rule of the table as a subject. */
export function baselineSubject(
  name: BaselineName,
  { capital, cap = 1 }: Pick<LookaheadOptions, 'capital' | 'cap'>,
): LookaheadSubject {
  return {
    name,
    hindsight: hindsightNames.includes(name),
    make({ panel, market, costs }) {
      const track = trackCandidates({ panel, market, costs })
      const parts = { panel, market, track, costs, capital, cap, trainHours: 90 * 24, retuneHours: 30 * 24 }
      return makeBaseline(name, parts)
    },
  }
}

type Checked = Omit<LookaheadOptions, 'cuts'> & { truth: Panel; cuts: readonly number[] }

async function checkSubject(subject: LookaheadSubject, options: Checked): Promise<LookaheadResult> {
  const { panel, truth, lagSteps, cuts, from, to, seed } = options
  const total = subject.hindsight ? 1 + cuts.length : 4 + cuts.length * (2 + garbleKinds.length)
  let runs = 0
  const play = async (end: number, given: Panel, hide?: 'nan' | 'billion'): Promise<ReplayRun> => {
    const run = await playSubject(subject, options, end, given, hide)
    runs += 1
    options.onProgress?.(subject.name, runs / total)
    return run
  }
  restore(panel, truth)
  const whole = await play(to, panel)
  const result = (fault: LookaheadFault | null): LookaheadResult => ({
    policy: subject.name,
    hindsight: subject.hindsight,
    runs,
    moves: whole.trades,
    fault,
  })
  const compare = async (
    check: LookaheadCheck,
    end: number,
    make: () => Promise<ReplayRun>,
    cut?: number,
  ): Promise<LookaheadFault | null> => {
    try {
      return firstDifference(subject.name, check, options, whole, await make(), end, cut)
    } catch (error) {
      // Whoever stumbles over what it may not know has looked at it.
      if (error instanceof TillerError || error instanceof RangeError || error instanceof TypeError) {
        return thrown(subject.name, check, options, error, end, cut)
      }
      throw error
    }
  }

  const again = () => compare('again', to, () => play(to, panel))
  /** What differs because something of an earlier run is left in the policy is no look into the future. */
  const caught = async (fault: LookaheadFault): Promise<LookaheadResult> =>
    result(subject.hindsight ? fault : ((await again()) ?? fault))

  if (!subject.hindsight) {
    const leak = await again()
    if (leak !== null) return result(leak)
    for (const kind of ['nan', 'billion'] as const) {
      const hidden = await compare(`hidden-${kind}`, to, () => play(to, panel, kind))
      restore(panel, truth)
      if (hidden !== null) return caught(hidden)
    }
  }
  for (const cut of cuts) {
    const window = await compare('window', cut, () => play(cut, panel), cut)
    if (window !== null) return caught(window)
    if (subject.hindsight) continue
    const ended = await compare('ended', cut, () => play(cut, endPanel(truth, cut)), cut)
    if (ended !== null) return caught(ended)
    for (const kind of garbleKinds) {
      // What the last decision before the cut may not know begins where its data end.
      garble(panel, truth, Math.max(from, cut - lagSteps), kind, seed)
      const garbage = await compare(`garbage-${kind}`, cut, () => play(cut, panel), cut)
      restore(panel, truth)
      if (garbage !== null) return caught(garbage)
    }
  }
  return result(null)
}

/**
 * One run that ends at `end`. With `hide`, the panel that the policy was made from holds garbage in all that it has not
 * been shown yet.
 */
async function playSubject(
  subject: LookaheadSubject,
  { truth, capital, costs, cap = 1, lagSteps, from }: Checked,
  end: number,
  given: Panel,
  hide?: 'nan' | 'billion',
): Promise<ReplayRun> {
  const market = replayPanel(truth, { from, steps: end - from, capital, costs, cap })
  const hoursPerStep = given.stepSeconds / 3_600
  const warmUpSteps = Math.max(2_000, Math.ceil((90 * 24) / hoursPerStep))
  if (hide === undefined) {
    const policy = subject.make({ panel: given, market, costs })
    return replay(policy, { panel: given, market, from, lagSteps, costs, warmUpSteps })
  }
  const first = Math.max(0, from - warmUpSteps)
  garble(given, truth, first, hide, 0n)
  const inner = subject.make({ panel: given, market, costs })
  const policy: ReplayPolicy = {
    name: inner.name,
    observe(view) {
      restore(given, truth, view.dataStep, view.dataStep + 1)
      inner.observe?.(view)
    },
    decide: (view) => inner.decide(view),
  }
  // The view shows what may be known, from the true panel; the policy's own panel follows it step by step.
  return replay(policy, { panel: truth, market, from, lagSteps, costs, warmUpSteps })
}

/** Ends of shorter windows, drawn from the seed, none in the first tenth. */
function drawCuts({ from, to, cuts, seed }: LookaheadOptions): number[] {
  const steps = to - from
  const drawn = Array.from({ length: cuts }, (_, i) =>
    Math.min(to - 1, from + Math.ceil(steps * (0.1 + 0.9 * drawUniform(seed, i, 'lookahead', 'cut')))),
  )
  return [...new Set(drawn)].filter((cut) => cut > from).sort((a, b) => a - b)
}

function firstDifference(
  policy: string,
  check: LookaheadCheck,
  { panel, from, truth }: Checked,
  whole: ReplayRun,
  run: ReplayRun,
  end: number,
  cut: number | undefined,
): LookaheadFault | null {
  const time = (step: number): string => isoTime(panel.startSeconds + step * panel.stepSeconds)
  for (let t = 0; t < end - from; t += 1) {
    const cells: [column: string, whole: number | undefined, found: number | undefined][] = [
      ...truth.venues.map(({ id }, j): [string, number | undefined, number | undefined] => [
        `weight of ${id}`,
        whole.weights[t]?.[j],
        run.weights[t]?.[j],
      ]),
      ['income before costs', whole.gross[t], run.gross[t]],
      ['income', whole.net[t], run.net[t]],
    ]
    const different = cells.find(([, a, b]) => !Object.is(a, b))
    if (different === undefined) continue
    const [column, a, b] = different
    return {
      policy,
      check,
      ...(cut === undefined ? {} : { cut: time(cut) }),
      time: time(from + t),
      column,
      whole: String(a),
      found: String(b),
    }
  }
  return null
}

function thrown(
  policy: string,
  check: LookaheadCheck,
  { panel }: Checked,
  error: Error,
  end: number,
  cut: number | undefined,
): LookaheadFault {
  const time = isoTime(panel.startSeconds + ((cut ?? end) - 1) * panel.stepSeconds)
  const what = error instanceof TillerError ? `${error.code}: ${error.shortMessage}` : error.message
  return {
    policy,
    check,
    ...(cut === undefined ? {} : { cut: isoTime(panel.startSeconds + cut * panel.stepSeconds) }),
    time,
    column: 'the run',
    whole: 'runs through',
    found: what,
  }
}
