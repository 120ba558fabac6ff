import { after, around, before, type Program, program, THREE } from './program.ts'

const NUL = '\\x00'

/** Pictures, sound, documents and browsers; beside each, where its own source makes the text. */
export const MEDIA: readonly Program[] = [
  // libavutil/ffversion.h: the banner of its programs, and what each of its libraries carries
  program(
    'ffmpeg',
    ['ffmpeg:ffmpeg'],
    [
      after('FFmpeg version ', `n?(\\d{1,2}\\.\\d{1,2}(?:\\.\\d{1,2})?)`),
      around('the FFmpeg developers', `%s version n?(\\d{1,2}\\.\\d{1,2}(?:\\.\\d{1,2})?)`, 4096),
    ],
  ),
  // gst/gst.c and the description of each plugin: release and licence stand beside its source package
  program(
    'gstreamer',
    ['gstreamer_project:gstreamer', 'gstreamer:gstreamer'],
    [
      after('GStreamer Core Library version ', '(1\\.\\d{1,2}\\.\\d{1,2})'),
      around('\0GStreamer source release', `${NUL}(1\\.\\d{1,2}\\.\\d{1,2})${NUL}`, 1024),
      around('gst-plugins-', `${NUL}(1\\.\\d{1,2}\\.\\d{1,2})${NUL}`, 1024),
    ],
    { also: ['GStreamer'] },
  ),
  // MagickCore/version.h
  program('imagemagick', ['imagemagick:imagemagick'], [after('ImageMagick ', '(\\d\\.\\d{1,2}\\.\\d{1,2}-\\d{1,3})')]),
  program(
    'graphicsmagick',
    ['graphicsmagick:graphicsmagick'],
    [after('GraphicsMagick ', '(1\\.\\d(?:\\.\\d{1,3})?) ')],
  ),
  program(
    'ghostscript',
    ['artifex:ghostscript'],
    [
      after('Ghostscript ', '(\\d{1,2}\\.\\d{2}(?:\\.\\d)?)'),
      around('GPL Ghostscript', `${NUL}(\\d{1,2}\\.\\d{2}\\.\\d)${NUL}`, 8192),
    ],
  ),
  // qtbase's qlibraryinfo.cpp
  program(
    'qtbase',
    ['qt:qt', 'qt:qtbase'],
    [around('little_endian-', `Qt ${THREE} \\(`, 64), after('QtCore library version ', THREE)],
  ),
  // components/version_info: the version stands before the name of the first profile
  program(
    'chrome',
    ['google:chrome'],
    [
      before('\0Default\0', `${NUL}(\\d{2,3}\\.\\d\\.\\d{1,5}\\.\\d{1,4})`),
      after('HeadlessChrome/', '(\\d{2,3}\\.\\d\\.\\d{1,5}\\.\\d{1,4})'),
    ],
    { also: ['chrome_crashpad'] },
  ),
  program('electron', ['electronjs:electron'], [after(' Electron/', THREE)]),
  program('firefox', ['mozilla:firefox'], [after('Mozilla Firefox ', '(\\d{2,3}\\.\\d(?:\\.\\d)?)')]),
  // libvlc's banner
  program('vlc', ['videolan:vlc_media_player'], [after('VLC media player - ', THREE)]),
]
