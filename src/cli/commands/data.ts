import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { panelExists } from '../../errors/history.ts'
import { type ImportOptions, importHistories } from '../../history/import/import-histories.ts'
import { readPanel } from '../../history/read-panel.ts'
import { verifyPanel } from '../../history/verify-panel.ts'
import { writePanel } from '../../history/write-panel.ts'
import type { Context } from '../context.ts'
import { registerGenerate } from '../generate-history.ts'
import { addressText, positiveNumber, timeText, wholeNumber } from '../parse-argument.ts'
import { type PullFlags, pullHistory } from '../pull-history.ts'
import { renderImported, renderPulled, renderVerified } from '../render/panel.ts'

/** `tiller data import|verify|pull|generate` */
export function register(command: Command, context: Context): void {
  registerImport(command, context)
  registerVerify(command, context)
  registerPull(command, context)
  registerGenerate(command, context)
}

type ImportFlags = {
  out: string
  gas?: string
  ethPrice?: string
  usdPerGas?: number
  name?: string
  asset?: string
  venues?: string[]
  from?: number
  to?: number
  step: number
  dailyAt: 'start' | 'end'
  kind?: string[]
  fitCurves?: boolean
  force?: boolean
}

function registerImport(command: Command, context: Context): void {
  command
    .command('import')
    .description('turn recorded histories into a panel: hourly market snapshots, lists of APYs, a gas series')
    .argument('<files...>', 'CSV, plain or gzip; the format is known by the header')
    .requiredOption('--out <folder>', 'where the panel is written')
    .option('--gas <file>', 'what gas cost: daily prices, or timestamp,usdPerGas')
    .option('--eth-price <file>', 'dollars per ether, where the gas series has none')
    .option('--usd-per-gas <price>', 'one price for all times instead of --gas', positiveNumber)
    .option('--name <name>', 'name of the panel (default: the folder)')
    .option('--asset <symbol>', 'only this asset of a list; the asset of every market')
    .option('--venues <ids>', 'only these venues, separated by commas', idList)
    .option('--from <time>', 'first step (default: where the venue that starts last does)', timeText)
    .option('--to <time>', 'end (default: where the venue that ends first does)', timeText)
    .option('--step <seconds>', 'length of a step', wholeNumber(60, 604_800), 3_600)
    .option('--daily-at <place>', 'where the mean of a day is put: start or end of the day', dayPlace, 'end')
    .option('--kind <venue=kind>', 'kinked, comet, adaptive or exogenous, where the name does not say', collect)
    .option('--fit-curves', 'take kink and slope of each market from its own record')
    .option('--force', 'replace a panel that is there')
    .action(async (files: string[], flags: ImportFlags) => {
      const path = (name: string): string => resolve(context.io.cwd, name)
      const folder = path(flags.out)
      if (existsSync(join(folder, 'panel.json')) && flags.force !== true) throw panelExists(flags.out)
      const options: ImportOptions = {
        name: flags.name ?? basename(folder),
        files: files.map(path),
        stepSeconds: flags.step,
        dailyAt: flags.dailyAt,
        kinds: Object.fromEntries((flags.kind ?? []).map((one) => [one.split('=')[0] ?? '', one.split('=')[1] ?? ''])),
        ...(flags.fitCurves === undefined ? {} : { fitCurves: flags.fitCurves }),
        ...(flags.gas === undefined ? {} : { gas: path(flags.gas) }),
        ...(flags.ethPrice === undefined ? {} : { etherPrice: path(flags.ethPrice) }),
        ...(flags.usdPerGas === undefined ? {} : { usdPerGas: flags.usdPerGas }),
        ...(flags.asset === undefined ? {} : { asset: flags.asset }),
        ...(flags.venues === undefined ? {} : { only: flags.venues }),
        ...(flags.from === undefined ? {} : { from: flags.from }),
        ...(flags.to === undefined ? {} : { to: flags.to }),
      }
      const { source, venues, outside } = await importHistories(options)
      await writePanel(folder, source)
      const { panel, findings } = await readPanel(folder)
      context.answer({
        document: {
          folder: flags.out,
          name: panel.name,
          asset: panel.asset,
          start: panel.startSeconds,
          end: panel.endSeconds,
          stepSeconds: panel.stepSeconds,
          steps: panel.steps,
          venues: venues.map(({ venue, from, rowsRead, rows, dropped }) => ({
            ...venue,
            from,
            rowsRead,
            rows: rows.timestamps.length,
            dropped,
          })),
          outside,
          findings,
          hashes: panel.hashes,
        },
        lines: renderImported({ folder: flags.out, panel, venues, outside, findings }, context.paint, context.columns),
      })
    })
}

function registerVerify(command: Command, context: Context): void {
  command
    .command('verify')
    .description('find gaps, frozen feeds, unit mistakes, impossible rates and doubled rows of a panel, and say where')
    .argument('<panel>', 'folder with a panel.json')
    .option('--allow <codes>', 'codes that are known and accepted, e.g. PANEL_GAP,PANEL_DEATH', codeList, [])
    .option('--all', 'every place, not only the first twenty of a kind')
    .action(async (folder: string, flags: { allow: string[]; all?: boolean }) => {
      const started = performance.now()
      const { source, findings } = await verifyPanel(resolve(context.io.cwd, folder))
      const wrong = findings.filter(
        ({ level, code }) => level === 'error' || (level === 'warning' && !flags.allow.includes(code)),
      )
      context.answer({
        document: {
          panel: source.name,
          ok: wrong.length === 0,
          errors: findings.filter(({ level }) => level === 'error').length,
          warnings: findings.filter(({ level }) => level === 'warning').length,
          allowed: flags.allow,
          findings,
          hashes: source.hashes,
        },
        lines: renderVerified(
          { source, findings, isSound: wrong.length === 0, milliseconds: performance.now() - started },
          {
            paint: context.paint,
            columns: context.columns,
            places: flags.all === true ? Number.POSITIVE_INFINITY : 20,
          },
        ),
        exitCode: wrong.length === 0 ? 0 : 1,
      })
    })
}

function registerPull(command: Command, context: Context): void {
  command
    .command('pull')
    .description('read the history of venues from a chain into a panel; goes on where an earlier pull stopped')
    .requiredOption('--out <folder>', 'where the panel is written, and what was pulled is kept')
    .option('--rpc <url>', 'an endpoint with the state of old blocks (default: the devnet that runs)')
    .option('--rpc-env <name>', 'the same by environment variable, for a URL that holds a token')
    .option(
      '--venue <venue>',
      '[name=]aave-v3:<pool>:<asset>, comet:<comet>, morpho-blue:<morpho>:<market id> or erc4626:<vault>; once for each',
      collect,
    )
    .option('--name <name>', 'name of the panel (default: the folder)')
    .option('--from <time>', 'first step (default: 30 days before the end, or where the endpoint begins)', timeText)
    .option('--to <time>', 'end (default: the newest final block)', timeText)
    .option('--step <seconds>', 'length of a step', wholeNumber(60, 604_800), 3_600)
    .option('--eth-usd-feed <address>', 'Chainlink-style feed of dollars per ether, for the price of gas', addressText)
    .option('--usd-per-eth <price>', 'one price of ether for all times instead', positiveNumber)
    .option('--confirmations <n>', 'blocks that must lie on the last one (default: what is final)', wholeNumber(0))
    .option('--concurrency <n>', 'requests at once', wholeNumber(1, 64), 8)
    .action(async (flags: PullFlags) => {
      const folder = resolve(context.io.cwd, flags.out)
      const pulled = await pullHistory(context, flags, folder, flags.name ?? basename(folder))
      const { panel, findings } = await readPanel(folder)
      context.answer({
        document: {
          folder: flags.out,
          name: panel.name,
          asset: panel.asset,
          chainId: pulled.chainId,
          blocks: { from: pulled.firstBlock, to: pulled.lastBlock, hash: pulled.lastBlockHash },
          start: panel.startSeconds,
          end: panel.endSeconds,
          stepSeconds: panel.stepSeconds,
          steps: panel.steps,
          requests: pulled.requests,
          venues: pulled.source.venues.map(({ venue, rows }, index) => ({
            ...venue,
            rows: rows.timestamps.length,
            reads: pulled.venues[index]?.reads,
            readBy: pulled.venues[index]?.by,
          })),
          findings,
          hashes: panel.hashes,
        },
        lines: renderPulled({ folder: flags.out, panel, pulled, findings }, context.paint, context.columns),
      })
    })
}

function dayPlace(text: string): 'start' | 'end' {
  if (text !== 'start' && text !== 'end') throw new InvalidArgumentError('Give start or end.')
  return text
}

function collect(one: string, before: string[] = []): string[] {
  return [...before, one]
}

function idList(text: string): string[] {
  return text.split(',').map((id) => id.trim())
}

function codeList(text: string): string[] {
  return text.split(',').map((code) => code.trim().toUpperCase())
}
