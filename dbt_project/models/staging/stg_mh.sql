{{ stage('mh') }}
