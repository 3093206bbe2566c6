import { dark, light, properties } from './tokens.ts'

/** A venue's colour; from the ninth on a colour comes again, nearer to ink. */
const venueRules = Array.from({ length: 16 }, (_, j) => {
  const color = j < 8 ? `var(--v${j})` : `color-mix(in srgb, var(--v${j - 8}) 55%, var(--ink))`
  return `.v${j}{--own:${color}}`
}).join('')

/** The whole style sheet: sizes come from one step, spaces are its multiples. */
export const style = `
:root{color-scheme:light dark;${properties(light)};--s:.5rem}
@media(prefers-color-scheme:dark){:root{${properties(dark)}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:400 1rem/1.5 "Avenir Next","Segoe UI Variable Text","Segoe UI",Roboto,"Helvetica Neue",Arial,system-ui,sans-serif;font-variant-numeric:tabular-nums}
main,footer{max-width:78rem;margin:0 auto;padding:0 calc(3*var(--s))}
h1,h2,h3,h4,p,dl,dd,figure,ol,ul{margin:0;padding:0}
h1{font-size:clamp(1.5rem,1.1rem + 2vw,2.375rem);line-height:1.15;font-weight:650;letter-spacing:-.018em;max-width:26em;overflow-wrap:anywhere;text-wrap:balance}
h2{font-size:1.125rem;line-height:1.3;font-weight:650;letter-spacing:-.005em}
h3{font-size:.9375rem;font-weight:600;margin:0 0 var(--s)}
h4{font-size:.9375rem;font-weight:600;overflow-wrap:anywhere}
.note,.kind,figcaption,.quiet,.dek,.when,.outcome,dt,thead th{color:var(--quiet)}
.note,figcaption,.kind{font-size:.875rem;line-height:1.45}
.kind{font-weight:400}
.loss{color:var(--loss)}
a{color:inherit;text-underline-offset:.2em}
:focus-visible{outline:2px solid var(--note);outline-offset:2px}
header{padding:calc(7*var(--s)) 0 calc(5*var(--s))}
.eyebrow{font-size:.875rem;color:var(--quiet);margin-bottom:calc(2*var(--s))}
.eyebrow b{color:var(--note);font-weight:650}
.dek{margin-top:calc(2*var(--s));max-width:44rem;font-size:1.0625rem}
.warning{margin-top:calc(2*var(--s));padding:var(--s) calc(1.5*var(--s));border-left:4px solid var(--loss);color:var(--loss);font-weight:600}
.facts{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:calc(3*var(--s)) calc(3*var(--s));margin-top:calc(5*var(--s))}
.facts dt{font-size:.875rem}
.facts dd{font-size:1.375rem;font-weight:600;line-height:1.25;letter-spacing:-.01em}
.facts dd small{display:block;font-size:.8125rem;font-weight:400;letter-spacing:0;color:var(--quiet);line-height:1.4;margin-top:2px}
section{border-top:1px solid var(--rule);padding:calc(4*var(--s)) 0 calc(6*var(--s));display:grid;gap:calc(2*var(--s)) calc(6*var(--s))}
.side h2+.note,.side .note+.note{margin-top:var(--s)}
.body{min-width:0;display:grid;gap:calc(4*var(--s));align-content:start}
.stack{display:grid;gap:calc(3*var(--s))}
.pair{display:grid;gap:calc(2*var(--s)) calc(3*var(--s))}
figure{min-width:0}
.plot{display:block;width:100%;overflow:visible;font:inherit}
[data-plot]{touch-action:pan-y}
.tick{font-size:.6875rem;fill:var(--quiet);paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
.grid{stroke:var(--grid);stroke-width:1}
.zero{stroke:var(--rule);stroke-width:1}
.mark-line{stroke:var(--rule);stroke-width:1;stroke-dasharray:1 3;vector-effect:non-scaling-stroke;fill:none}
.line{fill:none;stroke-width:1.4;vector-effect:non-scaling-stroke;stroke-linejoin:round;stroke:var(--own)}
.line.policy{stroke:var(--ink);stroke-width:2.25}
.line.static{stroke:var(--static);stroke-dasharray:5 3;stroke-width:1.5}
.line.bound{stroke:var(--bound);stroke-width:1.25}
.line.loss{stroke:var(--loss);stroke-width:1}
.drawdown{fill:var(--loss);opacity:.18}
.heavy{stroke:var(--note);stroke-width:2}
.area{fill:var(--own);stroke:var(--paper);stroke-width:.35;vector-effect:non-scaling-stroke}
.band{fill:var(--own);opacity:.24}
.held{fill:var(--ink);opacity:.55}
.kink{stroke:var(--ink);stroke-width:1;stroke-dasharray:2 3}
.kink-name{fill:var(--ink)}
.cursor{stroke:var(--note);stroke-width:1;pointer-events:none}
.marks .mark{fill:var(--note);fill-opacity:.72;stroke:var(--paper);stroke-width:.75}
.marks .hit{fill:transparent}
.marks a{cursor:pointer;outline:none}
.marks a:focus-visible .mark,.marks a.on .mark{fill-opacity:1;stroke:var(--ink);stroke-width:2}
.swatch{width:12px;height:12px;margin-right:.5em;vertical-align:-1px}
.swatch [class^=v]{fill:var(--own)}
.cost-gas{fill:var(--gas)}.cost-swap{fill:var(--swap)}.cost-impact{fill:var(--impact)}
${venueRules}
.key{display:flex;flex-wrap:wrap;gap:2px calc(2*var(--s));font-size:.875rem;list-style:none;margin:0 0 var(--s);padding:0}
.key svg{width:22px;height:10px;margin-right:.4em;vertical-align:0}
.key .swatch{width:12px;height:12px;vertical-align:-1px}
.nowrap{white-space:nowrap}
.scroll{overflow-x:auto;scrollbar-width:thin}
table{border-collapse:collapse;width:100%;font-size:.875rem;line-height:1.35}
th,td{text-align:left;padding:6px calc(1.5*var(--s)) 6px 0;border-bottom:1px solid var(--grid);font-weight:400;vertical-align:middle}
thead th{vertical-align:bottom;font-size:.8125rem;border-bottom-color:var(--rule)}
tbody th,td{white-space:nowrap}
.n{text-align:right;white-space:nowrap}
thead .n{white-space:normal}
.rules thead .mid{min-width:6.5rem}
th:last-child,td:last-child{padding-right:0}
td small{display:block;font-size:.75rem;font-weight:400;color:var(--quiet)}
.dots{min-width:8rem;width:26%}
.dot{fill:var(--quiet)}.dot.policy{fill:var(--note)}.dot.reference{fill:var(--paper);stroke:var(--quiet);stroke-width:1.5}
.off{fill:var(--quiet)}
tr.policy th,tr.policy td{font-weight:650;border-bottom-color:var(--rule)}
tr.reference th,tr.reference td{color:var(--quiet)}
.costs .wide{white-space:normal;min-width:14rem;color:var(--quiet)}
.moves{list-style:none;display:grid;gap:calc(3*var(--s))}
.moves li{max-width:46rem;scroll-margin:calc(3*var(--s));border-left:2px solid var(--grid);padding-left:calc(2*var(--s));display:grid;gap:4px}
.moves li:target{border-left-color:var(--note)}
.moves .what,.said .what{font-weight:600}
.moves p,.said p{font-size:.875rem}
details>summary{cursor:pointer;font-weight:600;padding:var(--s) 0}
details[open]>summary{margin-bottom:calc(2*var(--s))}
.facts-table th{color:var(--quiet);vertical-align:top;white-space:nowrap;padding-right:calc(3*var(--s))}
.facts-table td{white-space:normal;overflow-wrap:anywhere}
.command{display:block;white-space:pre-wrap}
code{font:.8125rem/1.45 ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace;overflow-wrap:anywhere}
.plain{list-style:none;display:grid;gap:var(--s);max-width:46rem;font-size:.9375rem}
.readout{background:var(--paper);font-size:.875rem;min-width:0}
.readout .at{font-weight:650}
.readout input{width:100%;accent-color:var(--note);margin:var(--s) 0;display:block}
.readout table{font-size:.75rem;table-layout:fixed}.readout thead th{font-size:.75rem}.readout th:first-child{width:45%}.readout th,.readout td{padding-top:3px;padding-bottom:3px}
.readout tbody th{white-space:normal;overflow-wrap:anywhere;line-height:1.25;text-indent:-1.2em;padding-left:1.2em}
.three{display:grid;grid-template-columns:repeat(3,auto);justify-content:space-between;gap:0 var(--s)}
.three dt{font-size:.75rem}.three dd{font-weight:600}
button{font:inherit;font-size:.875rem;color:var(--ink);background:none;border:1px solid var(--rule);border-radius:3px;padding:5px 10px;min-height:32px;cursor:pointer}
button:hover{border-color:var(--ink)}button:disabled{opacity:.4;cursor:default}
.buttons{display:flex;gap:var(--s);margin-top:var(--s)}
.said>div{border-left:2px solid var(--note);padding-left:calc(1.5*var(--s));margin-top:calc(1.5*var(--s));display:grid;gap:4px}
#close{display:none}.readout.open #close{display:inline-block}
footer{padding-bottom:calc(8*var(--s));color:var(--quiet);font-size:.875rem}
@media(min-width:60rem){
section{grid-template-columns:15.5rem minmax(0,1fr)}
.side{grid-column:1}.body{grid-column:2}
.pair{grid-template-columns:1fr 1fr}
.readout{position:sticky;top:calc(2*var(--s));margin-top:calc(3*var(--s));max-height:calc(100vh - 4*var(--s));overflow-y:auto;padding-right:4px}
.side:has(.readout){display:contents}
.side:has(.readout)>.head{grid-column:1;grid-row:1}
.over-time{grid-template-rows:auto 1fr}.over-time .body{grid-row:1/3}.over-time .readout{grid-column:1;grid-row:2;align-self:start}
}
@media(min-width:40rem) and (max-width:59.99rem){.pair{grid-template-columns:1fr 1fr}}
@media(max-width:59.99rem){
.readout{position:sticky;bottom:0;border-top:1px solid var(--rule);padding:var(--s) 0;z-index:1}
.readout .by-venue{display:none}
.said{max-height:27vh;overflow-y:auto}
.readout.open .three{display:none}
.live .over-time .head{order:0}.live .over-time .body{order:1}.live .over-time .readout{order:2}
.side:has(.readout){display:contents}
}
@media(max-width:39.99rem){
main,footer{padding:0 calc(2*var(--s))}
.narrow-off,.dots,.dots-note{display:none}
.rules tbody th{white-space:normal}
.marks .mark{transform-box:fill-box;transform-origin:center;transform:scale(.62)}
.area{stroke-width:.15}
.facts-table th,.facts-table td{display:block;padding-right:0}
.facts-table th{border-bottom:0;padding-bottom:0}
header{padding-top:calc(4*var(--s))}
.facts{grid-template-columns:1fr 1fr}
.facts dd{font-size:1.1875rem}
}
@media print{.readout{display:none}details>*{display:block}section{break-inside:avoid-page}}
`
