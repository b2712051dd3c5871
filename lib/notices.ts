/** The licences of what an executable carries. */
export const THIRD_PARTY_NOTICES = "";
