import type { ReactNode } from 'react'
import { type Scope, useMay } from './session'

/** Shows what is inside to those who may do it; others see `otherwise`, or nothing. */
export function May({ scope, children, otherwise }: { scope: Scope; children: ReactNode; otherwise?: ReactNode }) {
  return useMay(scope) ? children : otherwise
}
