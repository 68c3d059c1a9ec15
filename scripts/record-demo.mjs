// Records `oakum up --demo --once` on a terminal as an animated SVG for the README: `node scripts/record-demo.mjs docs/demo.svg`.
// It understands just the sequences that the command writes. Needs a build, and `script` of util-linux.
/* oxlint-disable no-control-regex -- the sequences of a terminal are what is read */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'

const COLUMNS = 96
const ROWS = 28
const FONT = 14
const LINE = 20
const PAD = 16
/** Seconds between two pictures at least, and for the last one. */
const STEP = 0.1
const LAST = 6
const COLOURS = { 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 36: '#76e3ea' }

const target = process.argv[2] ?? 'docs/demo.svg'
const chunks = await record('node_modules/.bin/node packages/cli/bin/oakum.js up --demo --once')
const frames = play(chunks)
writeFileSync(target, draw(frames))
console.log(`${target}: ${frames.length} pictures, ${frames.at(-1).at.toFixed(1)} s`)

function record(command) {
  return new Promise((done, reject) => {
    const child = spawn('script', ['-qec', `stty cols ${COLUMNS} rows ${ROWS}; exec ${command}`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const began = performance.now()
    const seen = []
    child.stdout.setEncoding('utf8').on('data', text => seen.push({ at: (performance.now() - began) / 1_000, text }))
    child.once('error', reject)
    child.once('close', code => (code === 0 ? done(seen) : reject(new Error(`the demo ended with ${code}`))))
  })
}

/** What the screen showed, as lines with their colours, whenever it had changed. */
function play(seen) {
  const lines = ['']
  let row = 0
  let shown = ''
  const pictures = []
  for (const { at, text } of seen) {
    for (const [token] of text.matchAll(/\u001b\[\??[\d;]*[A-Za-z]|\r|\n|[^\r\n\u001b]+/g)) {
      const up = /^\u001b\[(\d+)A$/.exec(token)
      if (up) [row, lines.fresh] = [row - Number(up[1]), true]
      else if (token === '\r') lines.fresh = true
      else if (token === '\n') [row, lines.fresh] = [row + 1, true]
      else if (token === '\u001b[J') lines.length = row
      else if (/^\u001b\[(\?25[lh]|K)$/.test(token)) continue
      else {
        lines[row] = (lines.fresh ? '' : (lines[row] ?? '')) + token
        lines.fresh = false
      }
      while (lines.length <= row) lines.push('')
    }
    const now = lines.join('\n')
    if (now === shown) continue
    shown = now
    if (pictures.length > 0 && at - pictures.at(-1).at < STEP) pictures.at(-1).lines = [...lines]
    else pictures.push({ at, lines: [...lines] })
  }
  return pictures
}

function draw(pictures) {
  const start = pictures[0].at
  const total = pictures.at(-1).at - start + LAST
  const height = Math.max(...pictures.map(({ lines }) => lines.length)) * LINE + 2 * PAD
  const width = Math.round(COLUMNS * FONT * 0.602) + 2 * PAD
  const groups = pictures.map(({ at, lines }, index) => {
    const from = ((at - start) / total) * 100
    const to = index + 1 < pictures.length ? ((pictures[index + 1].at - start) / total) * 100 : 100
    const name = `f${index}`
    const steps = `@keyframes ${name}{0%{visibility:${index === 0 ? 'visible' : 'hidden'}}${from.toFixed(2)}%{visibility:visible}${
      to < 100 ? `${to.toFixed(2)}%{visibility:hidden}` : ''
    }}`
    // Without animation, e.g. in print, the last picture stands.
    const base = index + 1 === pictures.length ? '' : `visibility:hidden;`
    const style = `#${name}{${base}animation:${name} ${total.toFixed(1)}s step-end infinite}${steps}`
    const texts = lines.map((line, row) => (line === '' ? '' : textOf(line, row)))
    return { style, group: `<g id="${name}">${texts.join('')}</g>` }
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="${FONT}">
<title>oakum up --demo --once: ten agents run, three are killed, everything they held is gone</title>
<style>text{fill:#e6edf3;white-space:pre}@media (prefers-reduced-motion){g{animation:none!important}}${groups.map(({ style }) => style).join('')}</style>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${groups.map(({ group }) => group).join('\n')}
</svg>
`
}

function textOf(line, row) {
  let spans = ''
  let style = {}
  for (const part of line.split(/(\u001b\[[\d;]*m)/)) {
    const sgr = /^\u001b\[([\d;]*)m$/.exec(part)
    if (sgr) for (const code of sgr[1].split(';').map(Number)) style = restyle(style, code)
    else if (part !== '') spans += spanOf(part, style)
  }
  return `<text x="${PAD}" y="${PAD + LINE * row + FONT}">${spans}</text>`
}

function restyle(style, code) {
  if (code === 0) return {}
  if (code === 1) return { ...style, bold: true }
  if (code === 2) return { ...style, dim: true }
  if (code === 22) return { colour: style.colour }
  if (code === 39) return { ...style, colour: undefined }
  return { ...style, colour: COLOURS[code] }
}

function spanOf(text, { colour, bold, dim }) {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const fill = colour ? ` fill="${colour}"` : dim ? ' fill="#8b949e"' : ''
  const weight = bold ? ' font-weight="bold"' : ''
  return fill || weight ? `<tspan${fill}${weight}>${escaped}</tspan>` : escaped
}
