/** What comes over `WS /live` (docs/cameras.md): pictures as binary messages, why there are none as text. */
import type { View } from '@/shared/api/client'

export type PictureHeader = View<'WallPictureView'>
export type WallProblem = View<'WallProblemView'>
export type Wish = View<'WallWish'>

export interface WallPicture {
  header: PictureHeader
  jpeg: Blob
}

const LENGTH_BYTES = 2
/** The widths in which pictures are made: asking for one of them changes nothing while a window is being dragged. */
const WIDTHS = [160, 320, 480, 640, 960, 1280, 1920] as const

export function readPicture(data: ArrayBuffer): WallPicture {
  const length = new DataView(data).getUint16(0)
  const header = new TextDecoder().decode(new Uint8Array(data, LENGTH_BYTES, length))
  const jpeg = new Blob([new Uint8Array(data, LENGTH_BYTES + length)], { type: 'image/jpeg' })
  return { header: JSON.parse(header) as PictureHeader, jpeg }
}

/** The width to ask for where a picture is `css_px` wide. */
export function findWidth(css_px: number, density: number): number {
  const needed = css_px * Math.min(density, 2)
  return WIDTHS.find((each) => each >= needed) ?? 1920
}
