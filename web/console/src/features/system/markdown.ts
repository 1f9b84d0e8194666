/** Markdown as far as model cards need it. Nothing of it becomes HTML by itself: what is not known here stays text. */

export type Inline =
  | { kind: 'text' | 'strong' | 'em' | 'code'; text: string }
  | { kind: 'link'; text: string; to: string }

export type Block =
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'paragraph'; text: string }
  | { kind: 'list'; isOrdered: boolean; items: string[] }
  | { kind: 'table'; head: string[]; rows: string[][] }
  | { kind: 'code'; text: string }

const FENCE = /^(```|~~~)/
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/
const ITEM = /^\s*(?:([-*+])|\d{1,9}[.)])\s+(.*)$/
const RULED = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/

/** The blocks of a text, in order. */
export function parseBlocks(text: string): Block[] {
  const lines = text.replaceAll('\r\n', '\n').split('\n')
  const blocks: Block[] = []
  let at = 0
  while (at < lines.length) {
    const [block, next] = takeBlock(lines, at)
    if (block) blocks.push(block)
    at = next
  }
  return blocks
}

function takeBlock(lines: readonly string[], at: number): [Block | undefined, number] {
  const line = lines[at] ?? ''
  if (!line.trim()) return [undefined, at + 1]
  if (FENCE.test(line)) return takeCode(lines, at)
  const heading = HEADING.exec(line)
  if (heading) return [{ kind: 'heading', level: heading[1]?.length ?? 1, text: heading[2] ?? '' }, at + 1]
  if (isTable(lines, at)) return takeTable(lines, at)
  if (ITEM.test(line)) return takeList(lines, at)
  return takeParagraph(lines, at)
}

function takeCode(lines: readonly string[], at: number): [Block, number] {
  const mark = lines[at]?.slice(0, 3) ?? ''
  const end = lines.findIndex((line, number) => number > at && line.startsWith(mark))
  const until = end < 0 ? lines.length : end
  return [{ kind: 'code', text: lines.slice(at + 1, until).join('\n') }, until + 1]
}

function isTable(lines: readonly string[], at: number): boolean {
  return Boolean(lines[at]?.includes('|')) && RULED.test(lines[at + 1] ?? '') && Boolean(lines[at + 1]?.includes('-'))
}

function takeTable(lines: readonly string[], at: number): [Block, number] {
  const rows: string[][] = []
  let next = at + 2
  while (lines[next]?.includes('|')) rows.push(splitRow(lines[next++] ?? ''))
  return [{ kind: 'table', head: splitRow(lines[at] ?? ''), rows }, next]
}

function splitRow(line: string): string[] {
  const cells = line.trim().replace(/^\|/, '').replace(/\|$/, '')
  return cells.split(/(?<!\\)\|/).map((each) => each.trim().replaceAll('\\|', '|'))
}

function takeList(lines: readonly string[], at: number): [Block, number] {
  const items: string[] = []
  const isOrdered = ITEM.exec(lines[at] ?? '')?.[1] === undefined
  let next = at
  for (; lines[next]?.trim(); next++) {
    const item = ITEM.exec(lines[next] ?? '')
    if (item) items.push(item[2] ?? '')
    else items.push(`${items.pop()} ${lines[next]?.trim()}`)
  }
  return [{ kind: 'list', isOrdered, items }, next]
}

function takeParagraph(lines: readonly string[], at: number): [Block, number] {
  let next = at + 1
  while (lines[next]?.trim() && !startsBlock(lines, next)) next++
  const text = lines.slice(at, next).map((each) => each.trim())
  return [{ kind: 'paragraph', text: text.join(' ') }, next]
}

function startsBlock(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? ''
  return [FENCE, HEADING, ITEM].some((each) => each.test(line)) || isTable(lines, at)
}

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\[([^\]]+)\]\(([^()\s]+)\)/g

/** The parts of a line. A link counts where it leads to the web; one into the repository is only its words. */
export function parseInline(text: string): Inline[] {
  const parts: Inline[] = []
  let end = 0
  for (const found of text.matchAll(INLINE)) {
    if (found.index > end) parts.push({ kind: 'text', text: text.slice(end, found.index) })
    parts.push(readPart(found))
    end = found.index + found[0].length
  }
  if (end < text.length) parts.push({ kind: 'text', text: text.slice(end) })
  return parts
}

function readPart([, code, strong, em, words, to]: RegExpExecArray): Inline {
  if (code !== undefined) return { kind: 'code', text: code }
  if (strong !== undefined) return { kind: 'strong', text: strong }
  if (em !== undefined) return { kind: 'em', text: em }
  const isOnTheWeb = /^https?:\/\//.test(to ?? '')
  return isOnTheWeb ? { kind: 'link', text: words ?? '', to: to ?? '' } : { kind: 'text', text: words ?? '' }
}
