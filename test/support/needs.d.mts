export const outsideData: string;
export const oneAddress: string;
export function absentTests(): string[];
