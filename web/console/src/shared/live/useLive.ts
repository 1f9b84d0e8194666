import { type RefObject, useEffect, useRef, useState } from 'react'
import { findWidth, type PictureHeader, type WallProblem } from './messages'
import { Painter } from './painter'
import { findWallFeed } from './wallFeed'

/** A camera's live picture; LivePicture shows it. */
export interface Live {
  setFrame: (frame: HTMLElement | null) => void
  setCanvas: (canvas: HTMLCanvasElement | null) => void
  /** Width by height; undefined before the first picture. */
  ratio: number | undefined
  /** Why there are no pictures; over with the next one. */
  problem: WallProblem | undefined
  /** When the camera gave the last picture, by this machine's clock; changes without drawing anything anew. */
  lastAt: RefObject<number | undefined>
}

/** Shows a camera as long as its frame is on the screen. `onPicture` hears what is said beside each picture. */
export function useLive(cameraId: string, fps: number, onPicture?: (header: PictureHeader) => void): Live {
  const [frame, setFrame] = useState<HTMLElement | null>(null)
  const [canvas, setCanvas] = useState<HTMLCanvasElement | null>(null)
  const [ratio, setRatio] = useState<number>()
  const [problem, setProblem] = useState<WallProblem>()
  const lastAt = useRef<number>(undefined)
  const hear = useRef(onPicture)
  hear.current = onPicture
  const width = useShownWidth(frame)
  useEffect(() => {
    if (!canvas || width === 0) return
    const painter = new Painter(canvas, setRatio)
    const stop = findWallFeed().watch(
      cameraId,
      { width, fps },
      {
        take: (picture) => {
          lastAt.current = Date.now() - picture.header.age_s * 1000
          setProblem(undefined)
          hear.current?.(picture.header)
          void painter.paint(picture)
        },
        tell: setProblem,
      },
    )
    return () => {
      stop()
      painter.stop()
    }
  }, [cameraId, canvas, width, fps])
  return { setFrame, setCanvas, ratio, problem, lastAt }
}

/** How wide pictures for an element are to be; 0 while it is not on the screen. */
function useShownWidth(element: HTMLElement | null): number {
  const [width, setWidth] = useState(0)
  const [isSeen, setSeen] = useState(false)
  useEffect(() => {
    if (!element) return
    const sizes = new ResizeObserver(() => setWidth(findWidth(element.clientWidth, devicePixelRatio)))
    const sights = new IntersectionObserver((seen) => setSeen(seen.at(-1)?.isIntersecting ?? false))
    sizes.observe(element)
    sights.observe(element)
    return () => {
      sizes.disconnect()
      sights.disconnect()
    }
  }, [element])
  return isSeen ? width : 0
}
