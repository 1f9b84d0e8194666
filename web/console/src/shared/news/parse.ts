/** Server-sent events, read from the body of an answer: EventSource cannot be told where to go on. */
export interface ServerEvent {
  event: string
  data: string
  id: string | undefined
}

/** Cuts text that arrives in pieces into events. */
export class EventParser {
  #rest = ''

  take(piece: string): ServerEvent[] {
    const blocks = (this.#rest + piece.replaceAll('\r\n', '\n')).split('\n\n')
    this.#rest = blocks.pop() ?? ''
    return blocks.map(parseBlock).filter((each) => each !== undefined)
  }
}

function parseBlock(block: string): ServerEvent | undefined {
  const found = new Map<string, string[]>()
  for (const line of block.split('\n')) {
    const at = line.indexOf(':')
    if (at === 0 || line === '') continue
    const [name, value] = at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1).replace(/^ /, '')]
    found.set(name, [...(found.get(name) ?? []), value])
  }
  if (found.size === 0) return undefined
  return {
    event: found.get('event')?.at(-1) ?? 'message',
    data: found.get('data')?.join('\n') ?? '',
    id: found.get('id')?.at(-1),
  }
}
