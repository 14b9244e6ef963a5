// One question at a time, asked in a dialog.

export interface Question {
  title: string;
  text: string;
  yes: string;
  no?: string;
  isDanger?: boolean;
}

class Confirmation {
  question = $state.raw<Question | null>(null);
  #answer: ((yes: boolean) => void) | undefined;

  ask(question: Question): Promise<boolean> {
    this.answer(false);
    this.question = question;
    return new Promise((resolve) => (this.#answer = resolve));
  }

  answer(yes: boolean): void {
    this.question = null;
    this.#answer?.(yes);
    this.#answer = undefined;
  }
}

export const confirmation = new Confirmation();
