import { useEffect, useState } from 'react'

const STEP_S = 0.1

/** Where a video is: ten times a second while it plays, and whenever it is moved. */
export function useMoment(video: HTMLVideoElement | null, begins: number): number {
  const [moment, setMoment] = useState(begins)
  useEffect(() => {
    if (!video) return
    let frame = 0
    const note = () => setMoment(Math.round(video.currentTime / STEP_S) * STEP_S)
    const follow = () => {
      note()
      frame = video.paused ? 0 : requestAnimationFrame(follow)
    }
    const started = () => {
      cancelAnimationFrame(frame)
      follow()
    }
    video.addEventListener('play', started)
    for (const each of ['seeking', 'seeked', 'pause', 'loadeddata']) video.addEventListener(each, note)
    return () => {
      cancelAnimationFrame(frame)
      video.removeEventListener('play', started)
      for (const each of ['seeking', 'seeked', 'pause', 'loadeddata']) video.removeEventListener(each, note)
    }
  }, [video])
  return moment
}
