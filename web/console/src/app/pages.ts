/** The pages that the navigation offers, in its order. A page is a line here and a route in `router.tsx`. */
import { type Icon, IconBell, IconEye, IconMovie } from '@tabler/icons-react'
import type { Scope } from '@/shared/session/session'
import type { words } from './words'

export interface PageEntry {
  to: string
  name: keyof (typeof words)['en']['pages']
  Icon: Icon
  /** Whether a phone's bar shows it at once: at most four do; the others are under "More". */
  isMain: boolean
  /** What one has to be allowed to see any sense in it. */
  scope?: Scope
}

export const PAGES: readonly PageEntry[] = [
  { to: '/alerts', name: 'alerts', Icon: IconBell, isMain: true },
  { to: '/events', name: 'events', Icon: IconEye, isMain: true },
  { to: '/clips', name: 'clips', Icon: IconMovie, isMain: true },
]
