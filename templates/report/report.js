for (const button of document.querySelectorAll("button.both")) {
  const videos = [...button.parentElement.querySelectorAll("video")];
  const playing = () => videos.some((video) => !video.paused);
  const show = () => { button.textContent = playing() ? "Pause both" : "Play both"; };
  button.hidden = false;
  button.addEventListener("click", () => {
    const stop = playing();
    for (const video of videos) {
      if (stop) { video.pause(); } else { video.currentTime = 0; video.play(); }
    }
  });
  for (const video of videos) {
    video.addEventListener("play", show);
    video.addEventListener("pause", show);
  }
}
