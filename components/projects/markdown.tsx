"use client";

import ReactMarkdown, { type Components } from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import { fileHref } from "./http-api";

/** A project's markdown, without anything that could run. Pictures and links to its own files open those files. */
export function Markdown({ text, projectId, hrefOfFile }: { text: string; projectId: string; hrefOfFile: (path: string) => string }) {
  const components: Components = {
    // The page has its own first heading.
    h1: ({ children }) => <h2>{children}</h2>,
    a: ({ href, children }) => <a href={href && isOwnFile(href) ? hrefOfFile(tidy(href)) : href} rel="noreferrer">{children}</a>,
    img: ({ src, alt }) => <img alt={alt ?? ""} src={typeof src === "string" && isOwnFile(src) ? fileHref(projectId, tidy(src)) : undefined} />,
  };
  return <div className="md"><ReactMarkdown remarkPlugins={[remarkGfm]} rehypePlugins={[rehypeSanitize]} components={components}>{text}</ReactMarkdown></div>;
}

const isOwnFile = (url: string) => !/^(?:[a-z][a-z0-9+.-]*:|\/|#)/i.test(url);
const tidy = (url: string) => decodeURIComponent(url.replace(/^(?:\.\/)+/, "").split(/[?#]/)[0] ?? "");
