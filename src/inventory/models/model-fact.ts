/** What the header of a model's file says. */
export interface ModelFact {
  readonly format: 'gguf' | 'safetensors' | 'onnx'
  readonly name?: string
  readonly version?: string
  readonly licence?: string
  readonly author?: string
  /** Repository of Hugging Face that it says it comes from: `org/name`. */
  readonly repository?: string
}

/** The `org/name` of an address at Hugging Face, or of one without host. */
export function repositoryOf(text: string | undefined): string | undefined {
  return /^(?:https?:\/\/huggingface\.co\/)?([\w.-]{1,96}\/[\w.-]{1,96})\/?$/.exec(text?.slice(0, 300) ?? '')?.[1]
}
