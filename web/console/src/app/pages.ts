/** The pages that the navigation offers, in its order. A page is a line here and a route in `router.tsx`. */
import {
  type Icon,
  IconBell,
  IconDeviceCctv,
  IconEye,
  IconLayoutGrid,
  IconListCheck,
  IconMovie,
  IconSettings,
  IconUsers,
} from '@tabler/icons-react'
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
  { to: '/live', name: 'live', Icon: IconLayoutGrid, isMain: true },
  { to: '/alerts', name: 'alerts', Icon: IconBell, isMain: true },
  { to: '/events', name: 'events', Icon: IconEye, isMain: true },
  { to: '/clips', name: 'clips', Icon: IconMovie, isMain: true },
  { to: '/rules', name: 'rules', Icon: IconListCheck, isMain: false },
  { to: '/cameras', name: 'cameras', Icon: IconDeviceCctv, isMain: false },
  { to: '/recipients', name: 'recipients', Icon: IconUsers, isMain: false },
  { to: '/system', name: 'system', Icon: IconSettings, isMain: false, scope: 'admin' },
]
