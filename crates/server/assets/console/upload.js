// Files: uploaded with their progress shown, then said like any other message.

const BYTES_MAX = 10_000_000;

/**
 * @param {File} file
 * @param {string} csrf
 * @param {HTMLElement} list
 * @param {(url: string, name: string) => void} done
 */
export function upload(file, csrf, list, done) {
  const line = document.createElement("li");
  const name = document.createElement("span");
  name.textContent = file.name;
  const progress = document.createElement("progress");
  progress.max = 1;
  progress.value = 0;
  progress.setAttribute("aria-label", `Uploading ${file.name}`);
  const stop = document.createElement("button");
  stop.type = "button";
  stop.className = "button button-quiet button-small";
  stop.textContent = "Cancel";
  line.append(name, progress, stop);
  list.append(line);

  /** @param {string} why */
  const fail = (why) => {
    line.classList.add("failed");
    name.textContent = `${file.name}: ${why}`;
    progress.remove();
    stop.textContent = "Dismiss";
    stop.onclick = () => line.remove();
  };
  if (file.size > BYTES_MAX) return fail("files of at most 10 MB can be sent.");
  const request = new XMLHttpRequest();
  request.open("POST", "/console/files");
  request.setRequestHeader("x-csrf-token", csrf);
  request.setRequestHeader("x-file-name", encodeURIComponent(file.name));
  request.responseType = "json";
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) progress.value = event.loaded / event.total;
  });
  request.addEventListener("load", () => {
    if (request.status === 200 && request.response?.url) {
      line.remove();
      done(request.response.url, file.name);
    } else {
      fail(request.response?.error?.message ?? "it could not be uploaded. Please try again.");
    }
  });
  request.addEventListener("error", () => fail("the connection broke. Please attach it again."));
  stop.onclick = () => {
    request.abort();
    line.remove();
  };
  request.send(file);
}
