export const themeCookie = "flowbook_theme";
