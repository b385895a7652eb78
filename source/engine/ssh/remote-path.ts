/**
 * Where programs are on a box. A command over SSH has a short PATH: no login shell has read its files. What stands
 * behind it are the places to which CUDA, ROCm, WSL, Homebrew, conda and people themselves install.
 */

/** Makes the PATH of a script longer, never other than it was: what is found before is found still. */
export const widerPath = `PATH="\${PATH:-/usr/bin:/bin}:/usr/local/bin:/usr/local/cuda/bin:/opt/rocm/bin:/usr/lib/wsl/lib:/opt/homebrew/bin:/opt/conda/bin\${HOME:+:$HOME/.local/bin:$HOME/bin:$HOME/miniconda3/bin}"
export PATH`;
