// Brings a file to the server, with progress.

import { refusal, words } from "./words.js";

/**
 * @param {string} url
 * @param {string} token
 * @param {File} file
 * @param {(part: number) => void} onProgress From 0 to 1.
 * @returns {Promise<{ url: string, name?: string }>}
 */
export function upload(url, token, file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.responseType = "json";
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    request.onload = () => {
      if (request.status === 200) resolve(request.response);
      else reject(new Error(refusal(request.response?.error?.code, words.upload_refused)));
    };
    request.onerror = () => reject(new Error(words.upload_broke));
    request.send(file);
  });
}
