// What the gateway's codes say in German: src/base/*_codes.cpp, sentence by sentence. `of` is the English
// sentence, so that a translation whose original has changed is found.
import { certificateCodes } from './de_certificate_codes';
import { managementCodes } from './de_management_codes';
import { trafficCodes } from './de_traffic_codes';

export interface CodeText {
  of: string;
  sentence: string;
  fix: string;
  /** The English fix, where this one is a translation. */
  ofFix?: string;
}

export const deCodes: Record<string, CodeText> = {
  ...managementCodes,
  ...certificateCodes,
  ...trafficCodes,
};
