import type { ReactNode } from 'react'
import type { View } from '@/shared/api/client'
import classes from './live.module.css'

type Corner = View<'Point'>

export function toPoints(polygon: readonly Corner[]): string {
  return polygon.map(({ x, y }) => `${x},${y}`).join(' ')
}

/** A camera's zones and masks, drawn over its picture. */
export function Outlines({ camera }: { camera: Pick<View<'CameraView'>, 'zones' | 'masks'> }) {
  return (
    <Overlay>
      {camera.masks.map((mask) => (
        <polygon key={toPoints(mask.polygon)} className={classes.mask} points={toPoints(mask.polygon)} />
      ))}
      {camera.zones.map((zone) => (
        <polygon key={zone.name} className={classes.zone} points={toPoints(zone.polygon)} data-zone={zone.name} />
      ))}
    </Overlay>
  )
}

/** Lies over a picture: both sides run from 0 to 1, as the service's shares do. */
export function Overlay({ children }: { children: ReactNode }) {
  return (
    <svg className={classes.outlines} viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden>
      {children}
    </svg>
  )
}
