import type { Paint } from './paint.ts'
import { truncate, widthOf } from './text.ts'

const GAP = 2
const NARROWEST = 4

/** One column of a table over rows of type `Row`. */
export interface Column<Row> {
  title: string
  /** The plain text of a cell. */
  value: (row: Row) => string
  /** Colours a cell after it was padded. */
  paint?: (text: string, row: Row) => string
  /** @default 'left' */
  align?: 'left' | 'right'
  /** May be cut when the table is wider than it may be; several are cut from the last to the first. @default false */
  flexible?: boolean
}

export interface TableOptions {
  paint: Paint
  /** Columns of the terminal; a wider table is cut. @default as wide as it needs */
  width?: number
}

/** Lines of a table: titles, then one line per row. */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TableOptions,
): string[] {
  const cells = rows.map(row => columns.map(column => column.value(row)))
  const widths = columns.map((column, index) =>
    cells.reduce((widest, line) => Math.max(widest, widthOf(line[index] ?? '')), widthOf(column.title)),
  )
  if (options.width !== undefined) shrink(columns, widths, options.width)
  const titles = columns.map((column, index) =>
    options.paint('dim', pad(column.title, widths[index] ?? 0, column.align)),
  )
  const lines = rows.map((row, line) =>
    columns.map((column, index) => {
      const text = pad(cells[line]?.[index] ?? '', widths[index] ?? 0, column.align)
      return column.paint === undefined ? text : column.paint(text, row)
    }),
  )
  return [titles, ...lines].map(line => line.join(' '.repeat(GAP)).trimEnd())
}

function shrink<Row>(columns: readonly Column<Row>[], widths: number[], width: number): void {
  let excess = widths.reduce((sum, next) => sum + next, GAP * (columns.length - 1)) - width
  for (let index = columns.length - 1; index >= 0 && excess > 0; index--) {
    if (columns[index]?.flexible !== true) continue
    const narrower = Math.max(NARROWEST, (widths[index] ?? 0) - excess)
    excess -= (widths[index] ?? 0) - narrower
    widths[index] = narrower
  }
}

function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cut = truncate(text, width)
  const space = ' '.repeat(width - widthOf(cut))
  return align === 'right' ? space + cut : cut + space
}
