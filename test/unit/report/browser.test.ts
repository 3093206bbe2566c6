import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { renderReport } from '../../../src/report/html/page.ts'
import { readRun } from '../../../src/report/read-run.ts'
import type { RunRecord } from '../../../src/report/run-record.ts'
import { writeRun } from '../../../src/report/write-run.ts'
import { type Browser, findChromium, startBrowser } from './chromium.ts'
import { smallRun } from './small-run.ts'

const chromium = findChromium()
if (chromium === undefined) {
  console.warn('Skipped: no Chromium found; name one in TILLER_CHROMIUM to see a report rendered.')
}

describe.skipIf(chromium === undefined)('a report in a browser', () => {
  const root = mkdtempSync(join(tmpdir(), 'tiller-browser-'))
  const file = join(root, 'report.html')
  let browser: Browser
  let run: RunRecord
  beforeAll(async () => {
    await writeRun(join(root, 'run'), (await smallRun({ policy: 'greedy-50bp' })).run)
    run = await readRun(join(root, 'run'), 'run')
    writeFileSync(file, renderReport(run))
    browser = await startBrowser(chromium as string)
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    rmSync(root, { recursive: true, force: true })
  })

  const open = async (width: number, scheme: 'light' | 'dark' = 'light'): Promise<void> => {
    const metrics = { width, height: 900, deviceScaleFactor: 1, mobile: width < 500 }
    await browser.send('Emulation.setDeviceMetricsOverride', metrics)
    await browser.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] })
    await browser.open(`file://${file}`)
  }

  test('asks for nothing but itself, and nothing is refused or fails', async () => {
    await open(1_280)
    await browser.evaluate('document.querySelectorAll(".marks a").forEach((mark) => mark.focus())')
    await browser.evaluate('document.getElementById("time").dispatchEvent(new Event("input"))')
    expect(browser.requests).toEqual([`file://${file}`])
    expect(browser.faults).toEqual([])
  })

  test('says the headline numbers', async () => {
    await open(1_280)
    const text = String(await browser.evaluate('document.body.innerText')).replaceAll(/[\u00a0\u202f]/g, ' ')
    const { report } = run.head
    const said = (value: number, digits: number) => value.toFixed(digits).replace('-', '−')
    for (const number of [
      `${said(report.netAprPct, 2)} %`,
      `${said(report.bestStatic.netAprPct, 2)} %`,
      `${said(report.bound.netAprPct, 2)} %`,
      `${said(report.sharePct, 1)} %`,
      `${said(report.worst7dPct, 3)} %`,
    ]) {
      expect([number, text.includes(number)]).toEqual([number, true])
    }
  })

  test.each([1_280, 768, 390])('fits a screen %i wide without scrolling sideways', async (width) => {
    await open(width)
    const wide = await browser.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
    expect(wide).toBe(0)
  })

  test('is dark where the reader wants it dark', async () => {
    const paper = 'getComputedStyle(document.body).backgroundColor'
    await open(1_280, 'light')
    const light = await browser.evaluate(paper)
    await open(1_280, 'dark')
    expect(await browser.evaluate(paper)).not.toBe(light)
  })

  test('explains a decision by keyboard, and leads from one to the next', async () => {
    await open(1_280)
    const said = 'document.getElementById("explanation").innerText'
    await browser.evaluate('document.querySelector(".marks a[tabindex=\'0\']").focus()')
    const first = String(await browser.evaluate(said))
    expect(first).toContain('On the data of')
    await browser.send('Input.dispatchKeyEvent', { type: 'keyDown', key: 'ArrowRight', windowsVirtualKeyCode: 39 })
    expect(await browser.evaluate(said)).not.toBe(first)
    expect(await browser.evaluate('document.activeElement.getAttribute("aria-label")')).toMatch(
      /UTC: (a move|\d+ moves), \d+ % of the capital/,
    )
  })

  test('shows the values of the time that is chosen', async () => {
    await open(1_280)
    await browser.evaluate(
      'const range = document.getElementById("time"); range.value = 0; range.dispatchEvent(new Event("input"))',
    )
    const at = String(await browser.evaluate('document.querySelector("[data-value=time]").innerText'))
    expect(at.slice(0, 10)).toBe(new Date((run.steps.time[0] as number) * 1_000).toISOString().slice(0, 10))
    expect(await browser.evaluate('document.getElementById("time").getAttribute("aria-valuetext")')).toContain(
      'share price 1.0',
    )
  })

  test('names what is to be named: one first heading, no level skipped, every picture and control', async () => {
    await open(1_280)
    const levels = (await browser.evaluate(
      '[...document.querySelectorAll("h1,h2,h3,h4")].map((one) => Number(one.tagName[1]))',
    )) as number[]
    expect(levels.filter((level) => level === 1)).toEqual([1])
    for (const [i, level] of levels.slice(1).entries()) expect(level - (levels[i] as number)).toBeLessThanOrEqual(1)
    const nameless = await browser.evaluate(
      '[...document.querySelectorAll("svg[role],input,button,[role=region]")].filter((one) => !(one.getAttribute("aria-label") || one.textContent).trim()).length',
    )
    expect(nameless).toBe(0)
  })

  test('can be read without scripts', async () => {
    await browser.send('Emulation.setScriptExecutionDisabled', { value: true })
    await open(390)
    await browser.send('Emulation.setScriptExecutionDisabled', { value: false })
    expect(browser.faults).toEqual([])
    expect(await browser.evaluate('document.getElementById("readout").hidden')).toBe(true)
    expect(await browser.evaluate('document.querySelectorAll("svg.plot path").length > 10')).toBe(true)
  })
})
