import type { ReactNode } from 'react'
import classes from './FullHeight.module.css'

/** A page as high as the room between navigation and edge: what is long inside, such as a LiveList, scrolls by itself. */
export function FullHeight({ children, className }: { children: ReactNode; className?: string | undefined }) {
  return <div className={[classes.full, className].filter(Boolean).join(' ')}>{children}</div>
}
