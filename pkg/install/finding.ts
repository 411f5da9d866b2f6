/** A line of a diagnosis. */
export interface Finding {
  /** `stop`: do not go on before it is repaired; `change`: something will be written; `note`: worth knowing. */
  readonly level: 'stop' | 'change' | 'note';
  readonly about: string;
  readonly message: string;
}

export const finding = (level: Finding['level'], about: string, message: string): Finding => ({
  level,
  about,
  message,
});
