import { createElement, type ReactNode } from 'react'
import { type Block, parseBlocks, parseInline } from './markdown'
import classes from './system.module.css'

/** The page and the tab have headings already. */
const BELOW = 2

/** A text written in Markdown, by React's own elements alone. */
export function Markdown({ text }: { text: string }) {
  return parseBlocks(text).map((block, position) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the text does not change
    <Part key={position} block={block} />
  ))
}

function Part({ block }: { block: Block }): ReactNode {
  switch (block.kind) {
    case 'heading':
      return createElement(`h${Math.min(6, block.level + BELOW)}`, null, <Line text={block.text} />)
    case 'paragraph':
      return (
        <p>
          <Line text={block.text} />
        </p>
      )
    case 'list':
      return createElement(block.isOrdered ? 'ol' : 'ul', null, number(block.items, 'li'))
    case 'table':
      return <Table head={block.head} rows={block.rows} />
    case 'code':
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
        <pre tabIndex={0}>
          <code>{block.text}</code>
        </pre>
      )
  }
}

function Table({ head, rows }: { head: string[]; rows: string[][] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
    <div className={classes.table} tabIndex={0}>
      <table>
        <thead>
          <tr>{number(head, 'th')}</tr>
        </thead>
        <tbody>
          {rows.map((row, position) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the text does not change
            <tr key={position}>{number(row, 'td')}</tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function number(texts: readonly string[], tag: 'li' | 'th' | 'td') {
  return texts.map((text, position) => createElement(tag, { key: position }, <Line text={text} />))
}

function Line({ text }: { text: string }) {
  return parseInline(text).map((part, position) => {
    const key = `${position} ${part.text}`
    if (part.kind === 'text') return part.text
    if (part.kind === 'link') {
      return (
        <a key={key} href={part.to} target="_blank" rel="noreferrer">
          {part.text}
        </a>
      )
    }
    return createElement(part.kind, { key }, part.text)
  })
}
