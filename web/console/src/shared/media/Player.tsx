import { Anchor, Group, Loader, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Failure } from '@/shared/ui/Failure'
import { Picture } from '@/shared/ui/Picture'
import { useWords } from '@/shared/words/language'
import classes from './Player.module.css'
import { type Footage, findAddress, usePlayable } from './playable'
import { words } from './words'

interface PlayerProps {
  footage: Footage
  label: string
  poster?: string | undefined
  /** Where it begins. */
  startS?: number
  /** Given the element, for those who follow or move it. */
  onElement?: (element: HTMLVideoElement | null) => void
  /** `<track>`s. */
  tracks?: ReactNode
  /** Drawn over the pictures, which it covers exactly. */
  children?: ReactNode
}

/** Footage with the browser's own controls; says so while it is being made playable, and why where it cannot be. */
export function Player(props: PlayerProps) {
  const said = useWords(words)
  const { data, error, refetch } = usePlayable(props.footage)
  if (data === 'ready') return <Playing {...props} />
  return (
    <>
      <Picture src={props.poster} alt={props.label} />
      {error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Group gap="xs" mt={4} role="status">
          <Loader size="xs" aria-hidden />
          <Text size="sm">{data === 'coding' ? said.coding : said.opening}</Text>
        </Group>
      )}
    </>
  )
}

const USUAL = 16 / 9

function Playing({ footage, label, poster, startS, onElement, tracks, children }: PlayerProps) {
  const said = useWords(words)
  const [ratio, setRatio] = useState(USUAL)
  const [fails, setFails] = useState(false)
  const address = findAddress(footage)
  return (
    <>
      <div className={classes.stage} style={{ ['--ratio' as string]: ratio }}>
        {/* biome-ignore lint/a11y/useMediaCaption: what was said comes in `tracks` where anything was */}
        <video
          ref={onElement}
          className={classes.video}
          src={startS ? `${address}#t=${startS}` : address}
          poster={poster}
          controls
          playsInline
          preload="auto"
          aria-label={label}
          onLoadedMetadata={({ currentTarget: { videoWidth, videoHeight } }) =>
            videoHeight > 0 && setRatio(videoWidth / videoHeight)
          }
          onError={() => setFails(true)}
        >
          {tracks}
        </video>
        {children}
      </div>
      {fails && (
        <Text size="sm" role="alert">
          {said.cannotPlay}{' '}
          <Anchor href={address} download>
            {said.download}
          </Anchor>
        </Text>
      )}
    </>
  )
}
