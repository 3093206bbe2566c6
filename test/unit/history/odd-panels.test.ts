import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseTime } from '../../../src/history/parse-time.ts'
import { readPanel } from '../../../src/history/read-panel.ts'
import { verifyPanel } from '../../../src/history/verify-panel.ts'
import { runCli } from '../cli/fake-io.ts'
import { faultOf, makePanelFolder, march, type PanelFolder } from './panel-folder.ts'

let folder: PanelFolder

beforeEach(() => {
  folder = makePanelFolder()
})

afterEach(() => folder.remove())

async function warnings(): Promise<string[]> {
  const { findings } = await verifyPanel(folder.path)
  return findings.filter(({ level }) => level === 'warning').map(({ code, file, line }) => `${code} ${file}:${line}`)
}

describe('a panel as other programs write it', () => {
  test('is read with any line ending, with marks of its encoding, and in UTF-16', async () => {
    const plain = (await readPanel(folder.path)).panel.supplyApr
    const savings = folder.read('savings.csv')
    const json = folder.read('panel.json')
    const forms: Record<string, string | Uint8Array> = {
      'carriage return and line feed': savings.replaceAll('\n', '\r\n'),
      'carriage return': savings.replaceAll('\n', '\r'),
      'no line ending at the end': savings.trimEnd(),
      'empty lines': savings.replaceAll('\n', '\n\n'),
      'mark of UTF-8': `\ufeff${savings}`,
      'UTF-16': Buffer.from(`\ufeff${savings}`, 'utf16le'),
      'UTF-16, high byte first': Buffer.from(`\ufeff${savings}`, 'utf16le').swap16(),
    }
    for (const [name, form] of Object.entries(forms)) {
      writeFileSync(join(folder.path, 'savings.csv'), form)
      expect((await readPanel(folder.path)).panel.supplyApr, name).toEqual(plain)
    }
    folder.write('panel.json', `\ufeff${json}`)
    expect((await readPanel(folder.path)).panel.supplyApr).toEqual(plain)
  })

  test('may give its start and end in seconds, as a day, or as a time of any zone', () => {
    expect(parseTime('1677628800')).toBe(march)
    for (const text of [
      '2023-03-01',
      '2023-03-01T00:00Z',
      '2023-03-01 00:00:00',
      '2023-03-01T00:00:00.000Z',
      '2023-03-01T00:00:00.999Z',
      '2023-03-01T02:00:00+02:00',
      '2023-02-28T19:00-05:00',
    ]) {
      expect(Math.floor(parseTime(text) ?? Number.NaN), text).toBe(march)
    }
    for (const text of ['', '2023-02-30', '2023-13-01', '2023-03-01T25:00Z', '1.3.2023', '2023-03-01T00', 'March 1']) {
      expect(parseTime(text), text).toBeUndefined()
    }
  })

  test('is refused where a column is there twice', async () => {
    folder.write('savings.csv', folder.read('savings.csv').replace('supplyApr', 'supplyApr,supplyApr'))
    folder.write('savings.csv', folder.read('savings.csv').replace(/^(\d+),(.*)$/gm, '$1,$2,$2'))
    expect(await faultOf(() => readPanel(folder.path))).toMatchInlineSnapshot(`
      "PANEL_COLUMN_TWICE
      A file of a panel has a column twice.
        file:  savings.csv
        line:  1
        found: timestamp,supplyApr,supplyApr
        rule:  one column named supplyApr
      Remedy: Remove or rename the other one."
    `)
  })

  test('is refused where it has more steps than memory', async () => {
    folder.patch((file) => Object.assign(file, { stepSeconds: 1, end: '2024-03-01' }))
    expect(await faultOf(() => readPanel(folder.path))).toContain(
      'stepSeconds: 31622400 steps of 2 venues; a panel holds 20000000 together',
    )
  })

  test('is refused where a file is a folder, or the panel a file', async () => {
    folder.patch((file) => Object.assign((file['venues'] as object[])[0] ?? {}, { file: '.' }))
    expect(await faultOf(() => readPanel(folder.path))).toContain('reason: a folder where a file is due')
    expect(await faultOf(() => readPanel(join(folder.path, 'gas.csv')))).toContain(
      'reason: gas.csv is a file where a folder is due',
    )
  })
})

describe('verifying finds what reads well and is wrong', () => {
  test('percent that are low enough to be fractions, by their height and beside the other venues', async () => {
    folder.write('savings.csv', folder.read('savings.csv').replace(/,0\.0/g, ',0.3'))
    expect(await warnings()).toContain('PANEL_UNIT_DOUBT savings.csv:2')
    folder.write('savings.csv', folder.read('savings.csv').replace(/,0\.3/g, ',0.0001'))
    // Of two venues nobody can say which is wrong.
    expect((await warnings()).join()).toContain('PANEL_UNIT_DOUBT')
  })

  test('a venue of one row, a rate on no deposits, and a cap in percent', async () => {
    folder.write('savings.csv', `timestamp,supplyApr\n${march - 3_600},0.04\n`)
    folder.setLine('aave.csv', 12, `${march + 10 * 3_600},0.05,0,0`)
    folder.patch((file) => Object.assign((file['venues'] as object[])[0] ?? {}, { cap: 40 }))
    expect(await warnings()).toEqual([
      'PANEL_CAP_UNIT panel.json:undefined',
      'PANEL_ONE_ROW savings.csv:2',
      'PANEL_NO_DEPOSITS aave.csv:12',
    ])
  })
})

describe('a backtest of an odd panel', () => {
  const backtest = async (...more: string[]) => {
    const common = ['backtest', '--panel', folder.path, '--policy', 'water-filling', '--capital', '1000000', '--json']
    const { code, stdout, stderr } = await runCli([...common, ...more])
    return { code, stderr, document: JSON.parse(stdout) }
  }

  test('leaves a venue with a cap of nothing empty, and has no share where all are', async () => {
    folder.patch((file) => Object.assign((file['venues'] as object[])[0] ?? {}, { cap: 0 }))
    const one = await backtest()
    expect([one.code, one.stderr]).toEqual([0, ''])
    expect(one.document.bestStatic.weights).toEqual({ aave: 0, savings: 1 })
    folder.patch((file) => Object.assign((file['venues'] as object[])[1] ?? {}, { depositLimit: 0 }))
    const none = await backtest()
    expect(none.code).toBe(0)
    expect(none.document).toMatchObject({ netAprPct: 0, sharePct: null, headroomPct: 0 })
  })

  test('names the time from which there are rates, before it speaks of capital', async () => {
    const late = (name: string) => {
      const [header, ...rows] = folder.read(name).split('\n')
      folder.write(name, [header, ...rows.slice(100)].join('\n'))
    }
    late('aave.csv')
    late('savings.csv')
    const { code, document } = await backtest()
    expect(code).toBe(2)
    expect(document.error.details.reason).toBe(
      'no venue has a rate at its beginning; the first one has from 2023-03-05T04:00:00Z on',
    )
    expect((await backtest('--from', '2023-03-05T04:00Z')).code).toBe(0)
  })

  test('names all rules where a policy is not known, and exits with 2', async () => {
    const { code, document } = await backtest('--policy', 'best')
    expect([code, document.error.code]).toEqual([2, 'POLICY_UNKNOWN'])
    expect(document.error.details.rules).toBe(
      'hold, equal-weight, best-single, best-static-causal, best-static-hindsight, greedy-50bp, water-filling, ' +
        'water-filling-payback, smoothed-water-filling-payback, morpho-equal-utilisation, yearn-ratio, greedy, ' +
        'smoothed-water-filling',
    )
  })
})
