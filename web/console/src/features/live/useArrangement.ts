import { useState } from 'react'
import { type Arrangement, readArrangement } from './arrangement'

const KEPT_AS = 'instantreact-wall'

/** The wall as this browser remembers it. */
export function useArrangement(): [Arrangement, (next: Arrangement) => void] {
  const [arrangement, setArrangement] = useState(() => readArrangement(localStorage.getItem(KEPT_AS)))
  const arrange = (next: Arrangement) => {
    localStorage.setItem(KEPT_AS, JSON.stringify(next))
    setArrangement(next)
  }
  return [arrangement, arrange]
}
