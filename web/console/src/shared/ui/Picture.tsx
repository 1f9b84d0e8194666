import { Box, Center } from '@mantine/core'
import { IconPhotoOff } from '@tabler/icons-react'
import { useState } from 'react'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import classes from './Picture.module.css'

interface PictureProps {
  src: string | undefined
  alt: string
  /** Of the frame: width by height. */
  ratio?: number
  /** `cover` for thumbs: no bars, but what is at the edges may be cut. */
  fit?: 'contain' | 'cover'
}

/** A picture in a frame that keeps its place while it loads, and stays where there is none. */
export function Picture({ src, alt, ratio = 16 / 9, fit = 'contain' }: PictureProps) {
  const words = useWords(common)
  const [failed, setFailed] = useState<string>()
  const isThere = src !== undefined && failed !== src
  return (
    <Box className={classes.frame} style={{ aspectRatio: ratio }}>
      {isThere ? (
        <img
          className={classes.picture}
          style={{ objectFit: fit }}
          src={src}
          alt={alt}
          loading="lazy"
          onError={() => setFailed(src)}
        />
      ) : (
        <Center className={classes.picture} role="img" aria-label={words.noPicture}>
          <IconPhotoOff aria-hidden />
        </Center>
      )}
    </Box>
  )
}
