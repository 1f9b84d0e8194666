import type { WallPicture } from './messages'

/** Draws pictures as fast as they can be decoded; of those that come meanwhile only the newest. */
export class Painter {
  readonly #canvas: HTMLCanvasElement
  readonly #tellRatio: (ratio: number) => void
  #waiting: WallPicture | undefined
  #isBusy = false
  #isOver = false

  constructor(canvas: HTMLCanvasElement, tellRatio: (ratio: number) => void) {
    this.#canvas = canvas
    this.#tellRatio = tellRatio
  }

  async paint(picture: WallPicture): Promise<void> {
    this.#waiting = picture
    if (this.#isBusy) return
    this.#isBusy = true
    while (this.#waiting && !this.#isOver) {
      const { jpeg } = this.#waiting
      this.#waiting = undefined
      // What cannot be decoded is passed over: there is another one soon.
      const bitmap = await createImageBitmap(jpeg).catch(() => undefined)
      if (bitmap) this.#draw(bitmap)
      bitmap?.close()
    }
    this.#isBusy = false
  }

  stop(): void {
    this.#isOver = true
  }

  #draw(bitmap: ImageBitmap): void {
    const { width, height } = bitmap
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width
      this.#canvas.height = height
      this.#tellRatio(width / height)
    }
    this.#canvas.getContext('2d')?.drawImage(bitmap, 0, 0)
  }
}
